// The icons pages use, from lucide (ISC licence). Add a name here, then <use href="{{icons}}#name">.
export const ICONS = ["bell", "check", "file-text", "keyboard", "log-out", "paperclip", "table", "triangle-alert", "user"];
