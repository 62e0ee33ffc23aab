// AWS SDK for JavaScript v3.
const { CloudFrontClient, ListDistributionsCommand } = require("@aws-sdk/client-cloudfront");
const { DynamoDBClient, ListTablesCommand } = require("@aws-sdk/client-dynamodb");
const { S3Client, CreateBucketCommand, PutObjectCommand, GetObjectCommand, DeleteObjectCommand,
        DeleteBucketCommand } = require("@aws-sdk/client-s3");
const { SQSClient, ListQueuesCommand } = require("@aws-sdk/client-sqs");
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");

const codeOf = (client, command) => client.send(command).then(() => "", (error) => error.name);

(async () => {
  const s3 = new S3Client({ region: "us-west-2" });
  const place = { Bucket: "named-by-javascript-3" };
  await s3.send(new CreateBucketCommand(
      { ...place, CreateBucketConfiguration: { LocationConstraint: "us-west-2" } }));
  await s3.send(new PutObjectCommand({ ...place, Key: "k", Body: "by name" }));
  const got = await s3.send(new GetObjectCommand({ ...place, Key: "k" }));
  const body = await got.Body.transformToString();
  await s3.send(new DeleteObjectCommand({ ...place, Key: "k" }));
  await s3.send(new DeleteBucketCommand(place));
  const tables = {};
  for (const region of ["us-east-1", "us-west-2"]) {
    tables[region] = (await new DynamoDBClient({ region }).send(new ListTablesCommand({}))).TableNames;
  }
  console.log(JSON.stringify({
    arn: (await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn,
    body, tables,
    unserved: [await codeOf(new CloudFrontClient({}), new ListDistributionsCommand({})),
               await codeOf(new SQSClient({ region: "us-west-2" }), new ListQueuesCommand({})),
               await codeOf(new DynamoDBClient({ region: "eu-west-1" }), new ListTablesCommand({}))],
  }));
})();
