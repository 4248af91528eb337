export { spdy } from './codec.js';
export { headerDictionary } from './dictionary.js';
export { assertHeaders } from './header-block.js';
export { TRAITS } from './traits.js';
export { FLAG, GOAWAY, INITIAL_WINDOW, RST, SETTING, SETTING_FLAG, TYPE, VERSION } from './wire.js';
//# sourceMappingURL=index.js.map