export { type SpdyOptions, spdy } from './codec.js';
export { headerDictionary } from './dictionary.js';
export { assertHeaders } from './header-block.js';
export type { ReceivedSetting, ReceivedSettings, Setting, SettingsStore } from './settings.js';
export { type SpdyProfile, TRAITS } from './traits.js';
export { FLAG, GOAWAY, INITIAL_WINDOW, RST, SETTING, SETTING_FLAG, TYPE, VERSION } from './wire.js';
//# sourceMappingURL=index.d.ts.map