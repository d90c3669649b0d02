// A gateway that wants a token is shown one once; the page itself keeps nothing of it.

import * as api from "./api.js";
import { $ } from "./dom.js";
import { sentence } from "./words.js";

let asking = null;

/** Ask for the token until one is taken; whoever asks meanwhile waits for the same answer. */
function ask() {
  asking ??= new Promise((taken) => {
    const dialog = $("#token-dialog");
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    $("#token-form").onsubmit = async (event) => {
      event.preventDefault();
      $("#token-wrong").textContent = "";
      try {
        await api.show($("#token").value);
      } catch (error) {
        $("#token-wrong").replaceChildren(...sentence(error));
        $("#token").select();
        return;
      }
      $("#token").value = "";
      dialog.close();
      taken();
    };
    dialog.showModal();
  }).finally(() => (asking = null));
  return asking;
}

export const startToken = () => api.onLocked(ask);
