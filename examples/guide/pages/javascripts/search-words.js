// In the language of the search a word with a minus before it is one that must not occur. Who looks for
// `--steps` means the option, so the minuses are left out; of `qng run` the first word is, as it stands
// on every page.
{
  const asks = 2; // the type of the message that asks
  const post = Worker.prototype.postMessage;
  const words = (text) => text.replace(/(^|\s)-+(?=\w)/g, "$1").replace(/^qng\s+(?=\w)/, "");
  Worker.prototype.postMessage = function (message, ...others) {
    if (message?.type === asks && typeof message.data === "string")
      message = { ...message, data: words(message.data) };
    return post.call(this, message, ...others);
  };
}
