'use strict';

const answer = require('./answer');

module.exports.health = (event, context, callback) => {
  answer(callback, 200, { region: process.env.AWS_REGION, stage: process.env.STAGE });
};
