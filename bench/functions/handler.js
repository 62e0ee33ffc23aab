'use strict';

// What is measured: an item by its key, as an API's handler reads it. The peer has no names of AWS, so that
// it is told where its table is.
const AWS = require('aws-sdk');

const keepAlive = new (require('https').Agent)({ keepAlive: true });
const options = process.env.TABLE_ENDPOINT
  ? { endpoint: process.env.TABLE_ENDPOINT, httpOptions: { agent: new (require('http').Agent)({ keepAlive: true }) } }
  : { httpOptions: { agent: keepAlive } };
const table = new AWS.DynamoDB(options);

module.exports.get = async (event) => {
  const found = await table.getItem({ TableName: 'bench', Key: { id: { S: event.pathParameters.id } } }).promise();
  return { statusCode: found.Item ? 200 : 404, body: JSON.stringify(found.Item) };
};
