'use strict';

// Errors of the back end have a statusCode of their own; anything else is ours.
module.exports = (callback, statusCode, body) => callback(null, {
  statusCode,
  headers: {
    'Access-Control-Allow-Origin': '*',
    'X-Region': process.env.AWS_REGION,
  },
  body: body === undefined ? '' : JSON.stringify(body),
});
