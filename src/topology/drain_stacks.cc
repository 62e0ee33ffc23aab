#include "topology/drain_stacks.h"

#include <fmt/format.h>

#include "topology/stacks.h"
#include "topology/template_words.h"

namespace tandem::topology {
namespace {

using words::get_att;
using words::output;
using words::reference;
using words::resource;
using words::sub;

constexpr const char* kStage = "drained";
/// Route 53's quickest, and its own threshold: with one look a holder that is slow for a moment
/// would bring a drained region back.
constexpr int kIntervalS = 10;
constexpr int kThreshold = 3;

json::object allow(json::object statement) {
  statement["Effect"] = "Allow";
  return {{"Version", "2012-10-17"}, {"Statement", json::array{std::move(statement)}}};
}

/// By which API Gateway reads the objects: the bucket is nobody else's to read.
json::object switch_role(const std::string& bucket) {
  json::object trust{{"Principal", json::object{{"Service", "apigateway.amazonaws.com"}}},
                     {"Action", "sts:AssumeRole"}};
  json::object read{{"Action", "s3:GetObject"},
                    {"Resource", sub(fmt::format("arn:aws:s3:::{}/{}*", bucket, kSwitchPrefix))}};
  return {{"AssumeRolePolicyDocument", allow(std::move(trust))},
          {"Policies", json::array{json::object{{"PolicyName", "read-switches"},
                                                {"PolicyDocument", allow(std::move(read))}}}}};
}

/// S3 answers 403 or 404 for an object that is not there; whatever it is but 200, nobody is
/// drained.
json::object switch_integration(const std::string& bucket) {
  return {{"type", "aws"},
          {"httpMethod", "GET"},
          {"credentials", get_att("SwitchRole", "Arn")},
          {"uri", sub(fmt::format("arn:aws:apigateway:${{AWS::Region}}:s3:path/{}/{}{{region}}",
                                  bucket, kSwitchPrefix))},
          {"requestParameters",
           json::object{{"integration.request.path.region", "method.request.path.region"}}},
          {"responses", json::object{{"200", json::object{{"statusCode", "200"}}},
                                     {"default", json::object{{"statusCode", "404"}}}}}};
}

json::object switch_api(const Topology& topology, const std::string& bucket) {
  json::object parameter{
      {"name", "region"}, {"in", "path"}, {"required", true}, {"type", "string"}};
  json::object get{
      {"parameters", json::array{std::move(parameter)}},
      {"responses",
       json::object{{"200", json::object{{"description", "the region is drained"}}},
                    {"404", json::object{{"description", "the region is not drained"}}}}},
      {"x-amazon-apigateway-integration", switch_integration(bucket)}};
  json::object path{{"get", std::move(get)}};
  return {
      {"Name", topology.name + "-drained"},
      {"EndpointConfiguration", json::object{{"Types", json::array{"REGIONAL"}}}},
      {"Body",
       json::object{{"swagger", "2.0"},
                    {"info", json::object{{"title", topology.name + "-drained"}, {"version", "1"}}},
                    {"paths", json::object{{"/{region}", std::move(path)}}}}}};
}

json::array name_tag(std::string name) {
  return {json::object{{"Key", "Name"}, {"Value", std::move(name)}}};
}

json::object switch_check(const Topology& topology, std::string_view region,
                          std::string_view holder) {
  return {{"HealthCheckConfig",
           json::object{{"Type", "HTTPS"},
                        {"FullyQualifiedDomainName",
                         sub(fmt::format("${{Switch{}}}.execute-api.{}.amazonaws.com",
                                         logical_suffix(holder), holder))},
                        {"Port", 443},
                        {"ResourcePath", fmt::format("/{}/{}", kStage, region)},
                        {"RequestInterval", kIntervalS},
                        {"FailureThreshold", kThreshold},
                        {"EnableSNI", true},
                        {"Inverted", true}}},
          {"HealthCheckTags", name_tag(switch_check_name(topology, region, holder))}};
}

}  // namespace

std::vector<std::string> switch_holders(const Topology& topology, std::string_view region) {
  std::vector<std::string> holders;
  for (const Region& other : topology.regions) {
    if (other.name != region) holders.push_back(other.name);
  }
  return holders;
}

std::string switch_key(std::string_view region) {
  return fmt::format("{}{}", kSwitchPrefix, region);
}

std::string deciding_check(const Topology& topology, std::string_view suffix) {
  return fmt::format("{}{}", topology.regions.size() > 1 ? "InService" : "HealthCheck", suffix);
}

std::string check_name(const Topology& topology, std::string_view region) {
  return fmt::format("{}-{}", topology.name, region);
}

std::string endpoint_check_name(const Topology& topology, std::string_view region) {
  const char* kind = topology.regions.size() > 1 ? "-endpoint" : "";
  return check_name(topology, region) + kind;
}

std::string switch_check_name(const Topology& topology, std::string_view region,
                              std::string_view holder) {
  return fmt::format("{}-switch-in-{}", check_name(topology, region), holder);
}

void add_switches(const Topology& topology, json::object& resources, json::object& outputs) {
  if (topology.regions.size() < 2) return;
  const std::string bucket = bucket_name(topology, "${AWS::Region}");
  resources["SwitchRole"] = resource("AWS::IAM::Role", switch_role(bucket));
  resources["SwitchApi"] = resource("AWS::ApiGateway::RestApi", switch_api(topology, bucket));
  resources["SwitchStage"] =
      resource("AWS::ApiGateway::Deployment",
               {{"RestApiId", reference("SwitchApi")}, {"StageName", kStage}});
  outputs[kSwitchOutput] = output(reference("SwitchApi"));
}

void add_drain_checks(const Topology& topology, const Region& region, json::object& resources) {
  const std::string suffix = logical_suffix(region.name);
  json::array children{reference("HealthCheck" + suffix)};
  for (const std::string& holder : switch_holders(topology, region.name)) {
    const std::string id = fmt::format("Switch{}In{}", suffix, logical_suffix(holder));
    resources[id] =
        resource("AWS::Route53::HealthCheck", switch_check(topology, region.name, holder));
    children.push_back(reference(id));
  }
  if (children.size() == 1) return;
  const auto all = static_cast<std::int64_t>(children.size());
  resources["InService" + suffix] =
      resource("AWS::Route53::HealthCheck",
               {{"HealthCheckConfig", json::object{{"Type", "CALCULATED"},
                                                   {"HealthThreshold", all},
                                                   {"ChildHealthChecks", std::move(children)}}},
                {"HealthCheckTags", name_tag(check_name(topology, region.name))}});
}

}  // namespace tandem::topology
