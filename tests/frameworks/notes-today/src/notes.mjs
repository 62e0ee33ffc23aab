import { randomUUID } from 'node:crypto';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand, UpdateCommand,
} from '@aws-sdk/lib-dynamodb';

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.NOTES_TABLE;

const answer = (statusCode, body) => ({
  statusCode,
  headers: { 'Access-Control-Allow-Origin': '*', 'X-Region': process.env.AWS_REGION },
  body: body === undefined ? '' : JSON.stringify(body),
});
const Key = (event) => ({ id: event.pathParameters.id });

export const create = async (event) => {
  const { text } = JSON.parse(event.body ?? '{}');
  if (typeof text !== 'string') return answer(400, { message: 'a note has a text' });
  const now = Date.now();
  const note = { id: randomUUID(), text, done: false, createdAt: now, updatedAt: now };
  await table.send(new PutCommand({ TableName, Item: note }));
  console.log('created', note.id);
  return answer(200, note);
};

export const list = async () => {
  const { Items } = await table.send(new ScanCommand({ TableName }));
  return answer(200, Items);
};

export const get = async (event) => {
  const { Item } = await table.send(new GetCommand({ TableName, Key: Key(event) }));
  return Item ? answer(200, Item) : answer(404, { message: 'no such note' });
};

export const update = async (event) => {
  const { text, done } = JSON.parse(event.body ?? '{}');
  if (typeof text !== 'string' || typeof done !== 'boolean') {
    return answer(400, { message: 'a note has a text, and is done or not' });
  }
  const { Attributes } = await table.send(new UpdateCommand({
    TableName,
    Key: Key(event),
    ExpressionAttributeNames: { '#text': 'text' },
    ExpressionAttributeValues: { ':text': text, ':done': done, ':now': Date.now() },
    UpdateExpression: 'SET #text = :text, done = :done, updatedAt = :now',
    ReturnValues: 'ALL_NEW',
  }));
  return answer(200, Attributes);
};

export const remove = async (event) => {
  await table.send(new DeleteCommand({ TableName, Key: Key(event) }));
  return answer(200);
};

export const health = async () => answer(200, { region: process.env.AWS_REGION, stage: process.env.STAGE });
