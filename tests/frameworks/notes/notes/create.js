'use strict';

const uuid = require('uuid');

const answer = require('./answer');
const table = require('./table');

module.exports.create = (event, context, callback) => {
  const data = JSON.parse(event.body || '{}');
  if (typeof data.text !== 'string') {
    console.error('no text');
    answer(callback, 400, { message: 'a note has a text' });
    return;
  }
  const now = new Date().getTime();
  const note = { id: uuid.v1(), text: data.text, done: false, createdAt: now, updatedAt: now };
  table.put({ TableName: process.env.NOTES_TABLE, Item: note }, (error) => {
    if (error) {
      console.error(error);
      answer(callback, error.statusCode || 501, { message: 'the note is not kept' });
      return;
    }
    console.log('created', note.id);
    answer(callback, 200, note);
  });
};
