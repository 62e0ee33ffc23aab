// AWS SDK for JavaScript v2.
const AWS = require("aws-sdk");

const codeOf = (request) => request.promise().then(() => "", (error) => error.code);

(async () => {
  const s3 = new AWS.S3({ region: "us-west-2" });
  const place = { Bucket: "named-by-javascript-2" };
  await s3.createBucket({ ...place, CreateBucketConfiguration: { LocationConstraint: "us-west-2" } }).promise();
  await s3.putObject({ ...place, Key: "k", Body: "by name" }).promise();
  const body = (await s3.getObject({ ...place, Key: "k" }).promise()).Body.toString();
  await s3.deleteObject({ ...place, Key: "k" }).promise();
  await s3.deleteBucket(place).promise();
  const tables = {};
  for (const region of ["us-east-1", "us-west-2"]) {
    tables[region] = (await new AWS.DynamoDB({ region }).listTables().promise()).TableNames;
  }
  console.log(JSON.stringify({
    arn: (await new AWS.STS().getCallerIdentity().promise()).Arn,
    body, tables,
    unserved: [await codeOf(new AWS.CloudFront().listDistributions()),
               await codeOf(new AWS.SQS({ region: "us-west-2" }).listQueues()),
               await codeOf(new AWS.EC2().describeInstances()),
               await codeOf(new AWS.DynamoDB({ region: "eu-west-1" }).listTables())],
  }));
})();
