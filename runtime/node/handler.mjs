// Which function a handler's name means.
import fs from 'fs';
import path from 'path';
import { createRequire } from 'module';
import { pathToFileURL } from 'url';
import {
  CallbackHandlerDeprecated, HandlerNotFound, ImportModuleError, MalformedHandlerName,
  MalformedStreamingHandler, UserCodeSyntaxError,
} from './errors.mjs';

export const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
export const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');

const CALLBACK_WARNING =
    'AWS Lambda plans to remove support for callback-based function handlers starting with Node.js 24. ' +
    'You will need to update this function to use an async handler to use Node.js 24 or later. For more ' +
    'information and to provide feedback on this change, see ' +
    'https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/137. To disable this ' +
    'warning, set the AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING environment variable.';
const CALLBACK_REMOVED =
    'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js ' +
    '24. You need to modify this function to use a supported handler signature to use Node.js 24 or ' +
    'later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.';

// Errors name whoever required: the runtime's first file.
const require = createRequire(new URL('./index.mjs', import.meta.url));

function isFile(name) {
  try {
    return fs.statSync(name).isFile();
  } catch (error) {
    return false;
  }
}

/// Whether the nearest package.json, up to a node_modules folder or the root, says so.
function isModulePackage(folder) {
  for (;;) {
    if (path.basename(folder) === 'node_modules') return false;
    const file = path.join(folder, 'package.json');
    if (isFile(file)) {
      try {
        return JSON.parse(fs.readFileSync(file, 'utf8')).type === 'module';
      } catch (error) {
        return false;
      }
    }
    const parent = path.dirname(folder);
    if (parent === folder) return false;
    folder = parent;
  }
}

function importFile(file) {
  return import(pathToFileURL(file).href);
}

function loadCommonOrModule(root, moduleRoot, name) {
  const file = path.resolve(root, moduleRoot, name);
  if (isFile(file)) return require(file);
  if (isFile(`${file}.js`)) {
    return isModulePackage(path.dirname(file)) ? importFile(`${file}.js`) : require(`${file}.js`);
  }
  if (isFile(`${file}.mjs`)) return importFile(`${file}.mjs`);
  if (isFile(`${file}.cjs`)) return require(`${file}.cjs`);
  return require(require.resolve(name, { paths: [root, path.join(root, moduleRoot)] }));
}

/// From nodejs24 on: node itself decides what a file is.
function loadModule(root, moduleRoot, name) {
  const file = path.resolve(root, moduleRoot, name);
  for (const ending of ['', '.js', '.mjs', '.cjs']) {
    if (isFile(file + ending)) return importFile(file + ending);
  }
  return importFile(require.resolve(name, { paths: [root, path.join(root, moduleRoot)] }));
}

async function load(root, moduleRoot, name, dialect) {
  try {
    return await (dialect === 'nodejs24' ? loadModule : loadCommonOrModule)(root, moduleRoot, name);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserCodeSyntaxError(error);
    if (error && error.code === 'MODULE_NOT_FOUND') throw new ImportModuleError(error);
    throw error;
  }
}

function walk(value, names) {
  let found = value;
  for (const name of names) {
    if (found === undefined || found === null) return undefined;
    found = found[name];
  }
  return found;
}

/// The function, and what is to be known of it. Throws what belongs to init/error.
export async function findHandler(root, handler, dialect) {
  if (handler.includes('..')) {
    throw new MalformedHandlerName(`'${handler}' is not a valid handler name. Use absolute paths when ` +
        'specifying root directories in handler names.');
  }
  const base = path.basename(handler);
  const moduleRoot = handler.slice(0, handler.length - base.length);
  const dot = base.indexOf('.');
  if (dot < 0) throw new MalformedHandlerName('Bad handler');
  const module = await load(root, moduleRoot, base.slice(0, dot), dialect);
  const names = base.slice(dot + 1).split('.');
  let found = walk(module, names);
  if (found === undefined && dialect === 'nodejs24') found = walk(module.default, names);
  if (found === undefined) throw new HandlerNotFound(`${handler} is undefined or not exported`);
  if (typeof found !== 'function') throw new HandlerNotFound(`${handler} is not a function`);
  return found;
}

/// What the handler's form says. Throws what belongs to init/error.
export function describe(handler, dialect) {
  const mark = handler[STREAMING];
  if (mark && mark !== 'response') {
    throw new MalformedStreamingHandler('Only response streaming is supported.');
  }
  const about = {
    streaming: mark === 'response',
    highWaterMark: handler[HIGH_WATER_MARK],
    isAsync: handler.constructor.name === 'AsyncFunction',
  };
  if (about.streaming) return about;
  if (dialect === 'nodejs24') {
    if (handler.length >= 3) throw new CallbackHandlerDeprecated(CALLBACK_REMOVED);
  } else if (handler.length === 3 && !about.isAsync &&
             process.env.AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING === undefined) {
    console.warn(CALLBACK_WARNING);
  }
  return about;
}

/// The package that AWS's runtime has and this machine does not, when that is why nothing was found.
export function missingSdk(error, sdk) {
  const text = String((error && error.message) || '');
  const name = (text.match(/Cannot find (?:module|package) '([^']+)'/) || [])[1] || '';
  if (name === sdk || name.startsWith(`${sdk}/`)) {
    return sdk === '@aws-sdk' ? name.split('/').slice(0, 2).join('/') : sdk;
  }
  return '';
}
