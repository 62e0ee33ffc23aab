'use strict';

const answer = require('./answer');
const table = require('./table');

module.exports.list = (event, context, callback) => {
  table.scan({ TableName: process.env.NOTES_TABLE }, (error, result) => {
    if (error) {
      console.error(error);
      answer(callback, error.statusCode || 501, { message: 'the notes are not to be had' });
      return;
    }
    answer(callback, 200, result.Items);
  });
};
