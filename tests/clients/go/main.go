// AWS SDK for Go v1, in a program without a C library.
package main

import (
	"encoding/json"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/cloudfront"
	"github.com/aws/aws-sdk-go/service/dynamodb"
	"github.com/aws/aws-sdk-go/service/s3"
	"github.com/aws/aws-sdk-go/service/sqs"
	"github.com/aws/aws-sdk-go/service/sts"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func code(err error) string {
	if failure, ok := err.(awserr.Error); ok {
		return failure.Code()
	}
	return ""
}

func in(region string) *aws.Config { return aws.NewConfig().WithRegion(region) }

func main() {
	made := session.Must(session.NewSession())
	bucket, key := aws.String("named-by-go"), aws.String("k")
	store := s3.New(made, in("us-west-2"))
	_, err := store.CreateBucket(&s3.CreateBucketInput{Bucket: bucket,
		CreateBucketConfiguration: &s3.CreateBucketConfiguration{LocationConstraint: aws.String("us-west-2")}})
	must(err)
	_, err = store.PutObject(&s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("by name")})
	must(err)
	got, err := store.GetObject(&s3.GetObjectInput{Bucket: bucket, Key: key})
	must(err)
	body, err := io.ReadAll(got.Body)
	must(err)
	_, err = store.DeleteObject(&s3.DeleteObjectInput{Bucket: bucket, Key: key})
	must(err)
	_, err = store.DeleteBucket(&s3.DeleteBucketInput{Bucket: bucket})
	must(err)
	tables := map[string][]*string{}
	for _, region := range []string{"us-east-1", "us-west-2"} {
		listed, err := dynamodb.New(made, in(region)).ListTables(&dynamodb.ListTablesInput{})
		must(err)
		tables[region] = listed.TableNames
	}
	caller, err := sts.New(made).GetCallerIdentity(&sts.GetCallerIdentityInput{})
	must(err)
	_, distributions := cloudfront.New(made).ListDistributions(&cloudfront.ListDistributionsInput{})
	_, queues := sqs.New(made, in("us-west-2")).ListQueues(&sqs.ListQueuesInput{})
	_, elsewhere := dynamodb.New(made, in("eu-west-1")).ListTables(&dynamodb.ListTablesInput{})
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"arn": caller.Arn, "body": string(body), "tables": tables,
		"unserved": []string{code(distributions), code(queues), code(elsewhere)}}))
}
