// Golden messages and malformed ones. That every operation agrees with botocore's serialisers and
// parsers is tested in tests/wire/test_protocols.py.
#include "aws/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/json_codec.h"
#include "aws/scalar.h"
#include "aws/xml_codec.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

model::Operation operation(std::string_view service, std::string_view name) {
  return *model::find_service(service)->operation(name);
}

/// "Code: message" of what decoding a body throws; "" when it does not.
std::string refusal(std::string_view service, std::string_view name, std::string body,
                    FormFields form = {}) {
  net::HttpRequest request;
  request.body = std::move(body);
  try {
    decode_request(operation(service, name), request, {}, form);
  } catch (const ApiError& error) {
    return error.code() + ": " + error.message();
  }
  return "";
}

json::object decoded(std::string_view service, std::string_view name, std::string body,
                     FormFields form = {}) {
  net::HttpRequest request;
  request.body = std::move(body);
  return decode_request(operation(service, name), request, {}, form).input;
}

TEST(Model, KnowsServicesOperationsAndErrors) {
  const auto s3 = *model::find_service("s3");
  EXPECT_EQ(s3.protocol(), model::Protocol::kRestXml);
  EXPECT_EQ(s3.operation("PutObject")->uri(), "/{Bucket}/{Key+}");
  EXPECT_EQ(s3.operation("PutObject")->input()->payload()->name(), "Body");
  EXPECT_FALSE(s3.operation("PutObjects").has_value());
  EXPECT_FALSE(model::find_service("ec2").has_value());
  const auto iam = *model::find_service("iam");
  EXPECT_EQ(iam.error("NoSuchEntity")->name(), "NoSuchEntityException");
  EXPECT_EQ(iam.error("NoSuchEntity")->error_status(), 404);
  const auto dynamodb = *model::find_service("dynamodb");
  EXPECT_EQ(dynamodb.target_prefix(), "DynamoDB_20120810");
  EXPECT_EQ(dynamodb.json_version(), "1.0");
  const auto name = dynamodb.shape("TableName");
  EXPECT_EQ(name->min(), 3);
  EXPECT_EQ(name->max(), 255);
}

// The texts are DynamoDB's, as recorded in its clients' test suites.
TEST(Json, SaysWhatAWrongTypeIs) {
  const auto say = [](std::string body) { return refusal("dynamodb", "CreateTable", body); };
  EXPECT_EQ(say(R"({"TableName":1})"),
            "SerializationException: NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(say(R"({"TableName":1.5})"),
            "SerializationException: DECIMAL_VALUE cannot be converted to String");
  EXPECT_EQ(say(R"({"TableName":true})"),
            "SerializationException: TRUE_VALUE cannot be converted to String");
  EXPECT_EQ(say(R"({"TableName":[]})"),
            "SerializationException: Unrecognized collection type class java.lang.String");
  EXPECT_EQ(say(R"({"TableName":{}})"),
            "SerializationException: Start of structure or map found where not expected");
  EXPECT_EQ(say(R"({"KeySchema":"x"})"), "SerializationException: Unexpected field type");
  EXPECT_EQ(say(R"({"KeySchema":{}})"),
            "SerializationException: Start of structure or map found where not expected");
  EXPECT_EQ(say(R"({"ProvisionedThroughput":{"ReadCapacityUnits":"1"}})"),
            "SerializationException: STRING_VALUE cannot be converted to Long");
}

TEST(Json, RefusesWhatIsNoJsonObject) {
  for (const auto* body : {"{", "[]", "3", "{\"a\":}", "nul", "{} {}"}) {
    EXPECT_EQ(refusal("dynamodb", "CreateTable", body), "SerializationException: ") << body;
  }
  std::string deep = "{\"a\":";
  for (int i = 0; i < 5000; ++i) deep += "[";
  EXPECT_EQ(refusal("dynamodb", "CreateTable", deep), "SerializationException: ");
}

TEST(Json, DropsNullsAndKeepsWhatIsNewerInAnAnswer) {
  const auto shape = *operation("dynamodb", "DescribeTable").output();
  const auto wire = json::parse_text(R"({"Table":null,"NotYetKnown":{"a":null}})").value();
  EXPECT_EQ(json::to_text(decode_json(shape, wire.as_object())), R"({"NotYetKnown":{"a":null}})");
}

/// What a request holds that the model does not have: "A, B.C".
std::string unknown(std::string_view service, std::string_view name, net::HttpRequest request,
                    const FormFields& form = {}) {
  const auto found = decode_request(operation(service, name), request, {}, form).unknown;
  return core::join(found, ", ");
}

net::HttpRequest with_body(std::string body) {
  net::HttpRequest request;
  request.method = "POST";
  request.body = std::move(body);
  return request;
}

TEST(Unknown, IsNamedWhereverItStandsInAJsonBody) {
  EXPECT_EQ(unknown("dynamodb", "CreateTable",
                    with_body(R"({"TableName":"t","A":null,"B":{"C":1},)"
                              R"("KeySchema":[{"AttributeName":"a","D":1}],"Tags":[{"E":"x"}]})")),
            "B, KeySchema.D, Tags.E");
  // The keys of a map are the user's own.
  EXPECT_EQ(unknown("lambda", "CreateFunction",
                    with_body(R"({"Environment":{"Variables":{"Any":"x"},"F":1},"runtime":"x"})")),
            "Environment.F, runtime");
  // "items" is boto3's name of what is "item" on the wire; "position" belongs into the query
  // string.
  EXPECT_EQ(unknown("apigateway", "CreateUsagePlan", with_body(R"({"name":"x","Name":"y"})")),
            "Name");
}

TEST(Unknown, ATenthIsTheLastThatIsNamed) {
  std::string body = "{";
  for (int i = 0; i < 1000; ++i) body += fmt::format(R"("x{}":1,)", i);
  auto request = with_body(body + R"("y":1})");
  EXPECT_EQ(decode_request(operation("dynamodb", "CreateTable"), request, {}, {}).unknown.size(),
            10u);
}

TEST(Unknown, IsNamedInAForm) {
  const auto say = [](FormFields form) {
    form.insert(form.begin(), {{"Action", "CreateStack"}, {"Version", "2010-05-15"}});
    return unknown("cloudformation", "CreateStack", {}, form);
  };
  EXPECT_EQ(say({{"StackName", "s"}, {"Tags.member.1.Key", "k"}, {"Capabilities", ""}}), "");
  EXPECT_EQ(say({{"NotYetKnown", "x"}, {"StackName.Of", "x"}, {"Tags.member.1.Colour", "x"}}),
            "StackName.Of, Tags.Colour, NotYetKnown");
  EXPECT_EQ(say({{"Tags.item.1.Key", "k"}, {"Tags.member.one.Key", "k"}}), "Tags.item, Tags.one");
  // Signature Version 4 and 2 in the query string of a GET.
  EXPECT_EQ(say({{"X-Amz-Signature", "x"}, {"AWSAccessKeyId", "x"}, {"Timestamp", "x"}}), "");
}

TEST(Unknown, IsNamedInXmlWithoutASchema) {
  EXPECT_EQ(unknown("s3", "PutBucketTagging",
                    with_body("<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value><Colour/></Tag>"
                              "</TagSet><Shade/></Tagging>")),
            "TagSet.Colour, Shade");
}

TEST(Unknown, IsNamedInAQueryStringUnlessItSaysWhoAsks) {
  const auto say = [](std::string_view service, std::string_view name, std::string method,
                      std::string query) {
    net::HttpRequest request;
    request.method = std::move(method);
    request.target = "/?" + query;
    return unknown(service, name, std::move(request));
  };
  EXPECT_EQ(say("apigateway", "GetRestApis", "GET", "limit=1&colour=red"), "colour");
  EXPECT_EQ(say("s3", "PutObject", "PUT", "x-id=PutObject&X-Amz-Date=x&annotation"), "annotation");
  // Signature Version 2 (S3 user guide, "Signing and authenticating REST requests").
  EXPECT_EQ(say("s3", "GetObject", "GET", "AWSAccessKeyId=x&Expires=1&Signature=x"), "");
  // botocore.auth.HmacV1QueryAuth puts the headers that it signs there.
  EXPECT_EQ(say("s3", "PutObject", "PUT", "Signature=x&content-type=text/plain"), "");
  EXPECT_EQ(say("s3", "GetObject", "GET", "v=17&response-content-type=text/plain"), "");
  EXPECT_EQ(say("s3", "GetObject", "GET", "annotation"), "annotation");
  EXPECT_EQ(say("s3", "DeleteObject", "DELETE", "v=17"), "v");
}

TEST(Unknown, IsNamedInAmazonsHeadersUnlessTheySayWhoAsks) {
  net::HttpRequest request;
  request.method = "PUT";
  for (const auto* name :
       {"X-Amz-Date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-user-agent",
        "x-amz-sdk-checksum-algorithm", "x-amz-checksum-crc32", "x-amz-trailer", "x-amz-te",
        "x-amz-decoded-content-length", "x-amz-meta-mine", "x-amz-expected-bucket-owner",
        "amz-sdk-request", "amz-sdk-invocation-id", "x-amzn-trace-id", "x-request-id"}) {
    request.headers.set(name, "1");
  }
  EXPECT_EQ(unknown("s3", "PutObject", request), "");
  request.headers.set("x-amz-not-yet-known", "1");
  EXPECT_EQ(unknown("s3", "PutObject", request), "x-amz-not-yet-known");
}

TEST(Younger, MembersAndOperationsAreInTheModel) {
  // Amazon S3 API reference, DeleteObject: If-Match.
  const auto match = operation("s3", "DeleteObject").input()->member("IfMatch");
  ASSERT_TRUE(match);
  EXPECT_TRUE(match->younger());
  EXPECT_EQ(match->location(), model::Location::kHeader);
  EXPECT_EQ(match->wire_name(), "If-Match");
  EXPECT_FALSE(operation("s3", "DeleteObject").input()->member("Bucket")->younger());
  // With the shapes it needs: CloudWatch Logs API reference, PutLogEvents.
  EXPECT_TRUE(
      operation("logs", "PutLogEvents").input()->member("entity")->shape().member("keyAttributes"));
  // Amazon DynamoDB API reference, PutResourcePolicy; Amazon S3 API reference, RenameObject.
  EXPECT_TRUE(model::find_service("dynamodb")->operation("PutResourcePolicy"));
  EXPECT_EQ(operation("s3", "RenameObject").uri(), "/{Bucket}/{Key+}?renameObject");
}

TEST(Younger, ValuesAreInTheirEnumerations) {
  // AWS Certificate Manager API reference, RequestCertificate: ValidationMethod EMAIL, DNS, HTTP.
  const auto method = operation("acm", "RequestCertificate").input()->member("ValidationMethod");
  EXPECT_EQ(method->shape().enum_value(method->shape().enum_size() - 1), "HTTP");
}

TEST(Json, DoesNotTakeAModelNameForTheWireName) {
  // API Gateway's list is "item" on the wire; "items" is not it, and must not pass unchecked.
  const auto shape = *operation("apigateway", "GetRestApis").output();
  EXPECT_EQ(json::to_text(decode_json(shape, {{"items", 3}})), "{}");
  EXPECT_EQ(json::to_text(decode_json(shape, {{"item", json::array{}}})), R"({"items":[]})");
}

TEST(Json, KeepsWholeTimestampsWhole) {
  const auto shape = *operation("acm", "DescribeCertificate").output();
  const json::object whole = {{"Certificate", {{"CreatedAt", 1700000000.0}}}};
  EXPECT_EQ(json::to_text(encode_json(shape, whole)),
            R"({"Certificate":{"CreatedAt":1700000000}})");
}

TEST(Query, ReadsListsMapsAndEmptyLists) {
  const auto input = decoded("cloudformation", "CreateChangeSet", "",
                             {{"Action", "CreateChangeSet"},
                              {"StackName", "s"},
                              {"Parameters", ""},
                              {"Capabilities.member.2", "CAPABILITY_NAMED_IAM"},
                              {"Capabilities.member.1", "CAPABILITY_IAM"},
                              {"Tags.member.10.Key", "b"},
                              {"Tags.member.9.Key", "a"},
                              {"IncludeNestedStacks", "false"},
                              {"Unknown.member.1", "x"}});
  EXPECT_EQ(json::to_text(input),
            R"({"StackName":"s","Parameters":[],"Capabilities":["CAPABILITY_IAM",)"
            R"("CAPABILITY_NAMED_IAM"],"Tags":[{"Key":"a"},{"Key":"b"}],)"
            R"("IncludeNestedStacks":false})");
}

TEST(Query, RefusesExcess) {
  EXPECT_THAT(refusal("cloudformation", "CreateStack", "", {{"TimeoutInMinutes", "soon"}}),
              ::testing::StartsWith("MalformedInput: "));
  std::string deep = "Tags";
  for (int i = 0; i < 100; ++i) deep += ".member";
  EXPECT_THAT(refusal("cloudformation", "CreateStack", "", {{deep, "x"}}),
              ::testing::StartsWith("MalformedInput: "));
  FormFields many;
  for (int i = 0; i < 10'001; ++i) many.emplace_back("a", "b");
  EXPECT_THAT(refusal("cloudformation", "CreateStack", "", many),
              ::testing::StartsWith("MalformedInput: "));
}

// What is not text would come out again in answers, which then are no XML.
TEST(Codecs, RefuseWhatIsNoText) {
  for (const std::string_view value : {"\xff", "\x01", "\xEF\xBF\xBF"}) {
    EXPECT_EQ(refusal("cloudformation", "CreateStack", "", {{"StackName", std::string(value)}}),
              "MalformedInput: The request holds what is no text");
  }
  EXPECT_EQ(refusal("cloudformation", "CreateStack", "", {{"TemplateBody", "a:\r\n\tb\xC3\xA9"}}),
            "");
  EXPECT_EQ(refusal("route53", "CreateHostedZone",
                    "<CreateHostedZoneRequest><Name>a&#1;</Name></CreateHostedZoneRequest>"),
            "InvalidInput: Invalid XML ; The document is not well-formed");
  EXPECT_EQ(refusal("route53", "CreateHostedZone",
                    "<CreateHostedZoneRequest><Name>a\xff</Name></CreateHostedZoneRequest>"),
            "InvalidInput: Invalid XML ; The document is not well-formed");
  net::HttpRequest request;
  request.target = "/2013-04-01/healthcheck?marker=%ff";
  EXPECT_THROW(decode_request(operation("route53", "ListHealthChecks"), request, {}, {}), ApiError);
}

TEST(Query, RendersAnAnswer) {
  const auto response =
      encode_response(operation("sts", "GetCallerIdentity"),
                      {{{"Account", "123456789012"}, {"Arn", "a&b"}}, "", 0, {}}, "id");
  EXPECT_EQ(response.body,
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
            "<GetCallerIdentityResult><Account>123456789012</Account><Arn>a&amp;b</Arn>"
            "</GetCallerIdentityResult><ResponseMetadata><RequestId>id</RequestId>"
            "</ResponseMetadata></GetCallerIdentityResponse>");
  EXPECT_EQ(response.headers.get_or("Content-Type"), "text/xml");
}

// Route 53 answers InvalidInput with the words of its schema's validator.
TEST(Xml, Route53RefusesElementsItDoesNotHave) {
  constexpr std::string_view kSays =
      "InvalidInput: Invalid XML ; cvc-complex-type.2.4.a: Invalid content was found starting with "
      "element 'Bogus'.";
  EXPECT_EQ(refusal("route53", "CreateHostedZone",
                    "<CreateHostedZoneRequest><Name>a</Name><Bogus/></CreateHostedZoneRequest>"),
            kSays);
  const auto record = [](std::string_view more) {
    return fmt::format(
        "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>CREATE</Action>"
        "<ResourceRecordSet><Name>a</Name><Type>A</Type><ResourceRecords><ResourceRecord><Value>"
        "192.0.2.1</Value>{}</ResourceRecord></ResourceRecords></ResourceRecordSet></Change>"
        "</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>",
        more);
  };
  EXPECT_EQ(refusal("route53", "ChangeResourceRecordSets", record("")), "");
  EXPECT_EQ(refusal("route53", "ChangeResourceRecordSets", record("<Bogus>1</Bogus>")), kSays);
}

TEST(Xml, RefusesDoctypesEntitiesAndNonsense) {
  const auto say = [](std::string body) { return refusal("route53", "CreateHostedZone", body); };
  EXPECT_THAT(say("<!DOCTYPE x [<!ENTITY a \"b\">]><CreateHostedZoneRequest/>"),
              ::testing::StartsWith("InvalidInput: Invalid XML ; "));
  EXPECT_THAT(say("<CreateHostedZoneRequest><Name>"), ::testing::StartsWith("InvalidInput: "));
  EXPECT_THAT(say("not xml"), ::testing::StartsWith("InvalidInput: "));
  // stalwartlabs/dns-update issue 44 shows Route 53's answer to another root.
  EXPECT_EQ(say("<Name/>"), "MalformedInput: Name is not valid, expected CreateHostedZoneRequest");
  EXPECT_EQ(refusal("s3", "DeleteObjects", "<Delete>").substr(0, 12), "MalformedXML");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_THAT(say(deep), ::testing::StartsWith("InvalidInput: "));
  std::string many = "<CreateHostedZoneRequest>";
  for (int i = 0; i < 200'001; ++i) many += "<a/>";
  EXPECT_THAT(say(many + "</CreateHostedZoneRequest>"), ::testing::HasSubstr("too many elements"));
}

TEST(Xml, EscapesWhatXmlCannotHold) {
  std::string out;
  append_xml_escaped("<a & \"b\">\r\x01", out);
  EXPECT_EQ(out, "&lt;a &amp; &quot;b&quot;&gt;&#xd;&#x1;");
  out.clear();
  append_xml_escaped(std::string_view("a\0b", 3), out);
  EXPECT_EQ(out,
            "a\xEF\xBF\xBD"
            "b");
}

TEST(Rest, PutsHeadersStatusAndPayloadInPlace) {
  Outgoing reply{{{"StatusCode", 202}, {"ExecutedVersion", "1\r\nX-Evil: 1"}}, "{}", 0, {}};
  const auto response = encode_response(operation("lambda", "Invoke"), std::move(reply), "id");
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, "{}");
  // A header's value cannot start another header.
  EXPECT_EQ(response.headers.get_or("X-Amz-Executed-Version"), "1X-Evil: 1");
  EXPECT_EQ(response.headers.get_or("x-amzn-RequestId"), "id");
}

TEST(Rest, RendersS3sOldRoots) {
  const auto list = encode_response(operation("s3", "ListObjectsV2"),
                                    {{{"Name", "b"}, {"KeyCount", 0}}, "", 0, {}}, "id");
  EXPECT_EQ(list.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
            "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><KeyCount>0"
            "</KeyCount></ListBucketResult>");
  const auto location = encode_response(operation("s3", "GetBucketLocation"),
                                        {{{"LocationConstraint", "us-west-2"}}, "", 0, {}}, "id");
  EXPECT_THAT(location.body,
              ::testing::HasSubstr("<LocationConstraint "
                                   "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">us-west-2<"));
  EXPECT_EQ(decode_response(operation("s3", "GetBucketLocation"), location)
                .output.at("LocationConstraint"),
            "us-west-2");
}

net::HttpResponse error_of(std::string_view service, const ApiError& error,
                           std::string_view method = "POST") {
  ErrorPlace place;
  place.service = model::find_service(service);
  place.protocol = place.service->protocol();
  place.request_id = "id";
  place.method = method;
  place.resource = "/b/k";
  return encode_error(place, error);
}

TEST(Errors, HaveEachServicesShape) {
  EXPECT_EQ(
      error_of("dynamodb", {400, "ResourceNotFoundException", "m"}).body,
      R"({"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"m"})");
  EXPECT_EQ(error_of("dynamodb", {400, "ValidationException", "m"}).body,
            R"({"__type":"com.amazon.coral.validate#ValidationException","message":"m"})");
  EXPECT_EQ(error_of("dynamodb", {400, "SerializationException", ""}).body,
            R"({"__type":"com.amazon.coral.service#SerializationException"})");
  EXPECT_EQ(error_of("logs", {400, "ResourceNotFoundException", "m"}).body,
            R"({"__type":"ResourceNotFoundException","message":"m"})");
  // Lambda's shapes spell the message in two ways; its answers follow them.
  EXPECT_EQ(error_of("lambda", {404, "ResourceNotFoundException", "m"}).body,
            R"({"Message":"m","Type":"User"})");
  EXPECT_EQ(error_of("lambda", {400, "InvalidParameterValueException", "m"}).body,
            R"({"message":"m","Type":"User"})");
  const auto gateway = error_of("apigateway", {404, "NotFoundException", "m"});
  EXPECT_EQ(gateway.body, R"({"message":"m"})");
  EXPECT_EQ(gateway.headers.get_or("x-amzn-ErrorType"), "NotFoundException");
  EXPECT_EQ(error_of("s3", {404, "NoSuchKey", "m"}).body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>m"
            "</Message><Resource>/b/k</Resource><RequestId>id</RequestId>"
            "<HostId>idtandem+id=</HostId></Error>");
  EXPECT_EQ(error_of("s3", {404, "NoSuchKey", "m"}, "HEAD").body, "");
  EXPECT_EQ(error_of("cloudformation", {400, "ValidationError", "m"}).body,
            "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error>"
            "<Type>Sender</Type><Code>ValidationError</Code><Message>m</Message></Error>"
            "<RequestId>id</RequestId></ErrorResponse>");
}

TEST(Errors, SurviveTheWayToTheClient) {
  for (const std::string_view service :
       {"dynamodb", "logs", "lambda", "apigateway", "s3", "route53", "cloudformation", "iam"}) {
    const auto found = decode_error(*model::find_service(service),
                                    error_of(service, {418, "SomeException", "a <b> & c"}));
    EXPECT_EQ(found.status(), 418) << service;
    EXPECT_EQ(found.code(), "SomeException") << service;
    EXPECT_EQ(found.message(), "a <b> & c") << service;
  }
  const auto cancelled =
      ApiError(400, "TransactionCanceledException", "m")
          .with("CancellationReasons", json::array{json::object{{"Code", "None"}}});
  const auto found =
      decode_error(*model::find_service("dynamodb"), error_of("dynamodb", cancelled));
  EXPECT_EQ(found.members(), cancelled.members());
}

TEST(Errors, AreReadFromAnyBytes) {
  for (const std::string body : {"", "<", "{", "[]", "<html>Bad Gateway</html>", "\xff\xfe"}) {
    for (const std::string_view service : {"dynamodb", "lambda", "s3", "iam"}) {
      const net::HttpResponse response{502, {}, body};
      EXPECT_EQ(decode_error(*model::find_service(service), response).status(), 502);
    }
  }
}

TEST(Scalars, ReadTimestampsInAllForms) {
  using model::TimestampFormat;
  const auto parse = [](std::string_view text) {
    return parse_timestamp(text, TimestampFormat::kDefault);
  };
  EXPECT_EQ(parse("1994-11-06T08:49:37Z"), 784111777.0);
  EXPECT_EQ(parse("1994-11-06T09:49:37+01:00"), 784111777.0);
  EXPECT_EQ(parse("1994-11-06T08:49:37.5Z"), 784111777.5);
  EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777.0);
  EXPECT_EQ(parse("784111777"), 784111777.0);
  for (const auto* bad : {"", "x", "1994-13-06T08:49:37Z", "1994-11-06T08:49", "1e400", "nan",
                          "Sun, 06 Foo 1994 08:49:37 GMT", "1994-11-06T08:49:37+0", "+", "T"}) {
    EXPECT_FALSE(parse(bad).has_value()) << bad;
  }
  EXPECT_EQ(format_timestamp(784111777.25, TimestampFormat::kIso8601), "1994-11-06T08:49:37.250Z");
  EXPECT_EQ(format_timestamp(784111777, TimestampFormat::kRfc822), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace tandem::aws
