'use strict';

const answer = require('./answer');
const table = require('./table');

module.exports.delete = (event, context, callback) => {
  const wanted = { TableName: process.env.NOTES_TABLE, Key: { id: event.pathParameters.id } };
  table.delete(wanted, (error) => {
    if (error) {
      console.error(error);
      answer(callback, error.statusCode || 501, { message: 'the note is not deleted' });
      return;
    }
    answer(callback, 200);
  });
};
