'use strict';

const answer = require('./answer');
const table = require('./table');

module.exports.get = (event, context, callback) => {
  const wanted = { TableName: process.env.NOTES_TABLE, Key: { id: event.pathParameters.id } };
  table.get(wanted, (error, result) => {
    if (error) {
      console.error(error);
      answer(callback, error.statusCode || 501, { message: 'the note is not to be had' });
      return;
    }
    answer(callback, result.Item ? 200 : 404, result.Item || { message: 'no such note' });
  });
};
