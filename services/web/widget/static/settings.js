// What the page of the frame brings along.

const page = JSON.parse(document.getElementById("settings").textContent);

// Of proto/chatmount/chat/v1/visitor.proto, message Appearance.
export const appearance = page.appearance;
// A table of texts for each language.
export const languages = page.languages;
export const LONGEST_MESSAGE = 2000;
