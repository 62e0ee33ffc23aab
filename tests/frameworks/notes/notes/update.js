'use strict';

const answer = require('./answer');
const table = require('./table');

module.exports.update = (event, context, callback) => {
  const data = JSON.parse(event.body || '{}');
  if (typeof data.text !== 'string' || typeof data.done !== 'boolean') {
    answer(callback, 400, { message: 'a note has a text, and is done or not' });
    return;
  }
  table.update({
    TableName: process.env.NOTES_TABLE,
    Key: { id: event.pathParameters.id },
    ExpressionAttributeNames: { '#text': 'text' },
    ExpressionAttributeValues: { ':text': data.text, ':done': data.done, ':now': Date.now() },
    UpdateExpression: 'SET #text = :text, done = :done, updatedAt = :now',
    ReturnValues: 'ALL_NEW',
  }, (error, result) => {
    if (error) {
      console.error(error);
      answer(callback, error.statusCode || 501, { message: 'the note is not changed' });
      return;
    }
    answer(callback, 200, result.Attributes);
  });
};
