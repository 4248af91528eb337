package main

// testBytes gives the first n bytes of the contract's stream i: xorshift32, the low byte of each new state.
func testBytes(i, n int) []byte {
	state := uint32(2463534242) ^ uint32(i+1)*2654435761
	if state == 0 {
		state = 1
	}
	out := make([]byte, n)
	for k := range out {
		state ^= state << 13
		state ^= state >> 17
		state ^= state << 5
		out[k] = byte(state)
	}
	return out
}
