// What a function's errors look like: to its invoker, and in its log.

function runtimeError(name) {
  const made = { [name]: class extends Error {} }[name];
  made.prototype.name = `Runtime.${name}`;
  return made;
}

export const ImportModuleError = runtimeError('ImportModuleError');
export const UserCodeSyntaxError = runtimeError('UserCodeSyntaxError');
export const HandlerNotFound = runtimeError('HandlerNotFound');
export const MalformedHandlerName = runtimeError('MalformedHandlerName');
export const MalformedStreamingHandler = runtimeError('MalformedStreamingHandler');
export const InvalidStreamingOperation = runtimeError('InvalidStreamingOperation');
export const NodeJsExit = runtimeError('NodeJsExit');
export const CallbackHandlerDeprecated = runtimeError('CallbackHandlerDeprecated');
export const JSONStringifyError = runtimeError('JSONStringifyError');
export const PlatformError = runtimeError('PlatformError');

const UnhandledPromiseRejectionBase = runtimeError('UnhandledPromiseRejection');
export class UnhandledPromiseRejection extends UnhandledPromiseRejectionBase {
  constructor(reason, promise) {
    super(reason);
    this.reason = reason;
    this.promise = promise;
  }
}

/// Errors of another realm (node:vm) are errors, too.
function isError(value) {
  return value instanceof Error ||
      (typeof value === 'object' && value !== null && typeof value.name === 'string' &&
       typeof value.message === 'string' && typeof value.stack === 'string');
}

/// The document that the invoker gets.
export function document(error) {
  try {
    if (isError(error)) {
      return {
        errorType: error.name,
        errorMessage: error.message,
        trace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
      };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch (ignored) {
    return {
      errorType: 'handled',
      errorMessage: 'callback called with Error argument, but there was a problem while retrieving ' +
          'one or more of its message, name, and stack',
      trace: [],
    };
  }
}

function withProperties(error) {
  const shown = { errorType: error.name, errorMessage: error.message, code: error.code };
  Object.assign(shown, error);
  if (typeof error.stack === 'string') shown.stack = error.stack.split('\n');
  return shown;
}

/// What follows "Invoke Error " in the log.
export function shown(error) {
  try {
    const text = JSON.stringify(error, (key, value) =>
        value instanceof Error ? withProperties(value) : value);
    return `\t${text}`;
  } catch (circular) {
    return `\t${JSON.stringify(document(error))}`;
  }
}
