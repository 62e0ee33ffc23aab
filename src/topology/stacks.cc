#include "topology/stacks.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/bytes.h"
#include "topology/drain_stacks.h"
#include "topology/template_words.h"

namespace tandem::topology {
namespace {

constexpr std::string_view kVersion = "2010-09-09";
constexpr std::string_view kDataText = ": the table that every region holds";
constexpr std::string_view kFrontText = ": custom domain and the common API key";
constexpr std::string_view kRoutingText = ": one name, weighted over the healthy regions";
constexpr std::string_view kRecordType = "AWS::Route53::RecordSet";
constexpr std::string_view kGroupType = "AWS::Route53::RecordSetGroup";

/// With a TTL of one's own only a CNAME will do, since an alias answers with its target's TTL.
std::string_view record_type(const Topology& topology) { return topology.ttl_s ? "CNAME" : "A"; }

using words::get_att;
using words::output;
using words::reference;
using words::resource;
using words::string_parameter;
using words::sub;

json::array key_attributes(const Table& table) {
  json::array attributes{
      json::object{{"AttributeName", table.hash_key.name}, {"AttributeType", table.hash_key.type}}};
  if (table.range_key) {
    attributes.push_back(json::object{{"AttributeName", table.range_key->name},
                                      {"AttributeType", table.range_key->type}});
  }
  return attributes;
}

json::array key_schema(const Table& table) {
  json::array schema{json::object{{"AttributeName", table.hash_key.name}, {"KeyType", "HASH"}}};
  if (table.range_key) {
    schema.push_back(json::object{{"AttributeName", table.range_key->name}, {"KeyType", "RANGE"}});
  }
  return schema;
}

json::object usage_plan(const Topology& topology) {
  json::object properties{
      {"UsagePlanName", topology.name + "-common"},
      {"ApiStages", json::array{json::object{{"ApiId", reference("ApiId")},
                                             {"Stage", reference("StageName")}}}}};
  const UsagePlan& plan = topology.usage_plan;
  if (plan.rate) {
    properties["Throttle"] = json::object{{"RateLimit", *plan.rate}, {"BurstLimit", *plan.burst}};
  }
  if (plan.quota) {
    properties["Quota"] = json::object{{"Limit", *plan.quota}, {"Period", plan.quota_period}};
  }
  return properties;
}

json::object health_check(const Topology& topology, const Region& region, std::string_view suffix) {
  const HealthCheck& check = topology.health_check;
  return {{"HealthCheckConfig",
           json::object{
               {"Type", check.type},
               {"FullyQualifiedDomainName",
                sub(fmt::format("${{Api{}}}.execute-api.{}.amazonaws.com", suffix, region.name))},
               {"Port", 443},
               {"ResourcePath", sub(fmt::format("/${{Stage{}}}{}", suffix, check.path))},
               {"RequestInterval", check.interval_s},
               {"FailureThreshold", check.threshold},
               {"EnableSNI", true}}},
          {"HealthCheckTags",
           json::array{json::object{{"Key", "Name"},
                                    {"Value", endpoint_check_name(topology, region.name)}}}}};
}

/// Alias by default: it works at a zone's apex and costs no lookup.
json::object record_of(const Topology& topology, const Region& region, std::string_view suffix) {
  json::object record{{"Name", topology.domain + "."},
                      {"Type", record_type(topology)},
                      {"SetIdentifier", region.name}};
  switch (topology.routing) {
    case Routing::kWeighted:
      record["Weight"] = region.weight;
      break;
    case Routing::kLatency:
      record["Region"] = region.name;
      break;
    case Routing::kFailover:
      record["Failover"] = region.name == topology.primary().name ? "PRIMARY" : "SECONDARY";
      break;
  }
  record["HealthCheckId"] = reference(deciding_check(topology, suffix));
  if (topology.ttl_s) {
    record["TTL"] = std::to_string(*topology.ttl_s);
    record["ResourceRecords"] = json::array{reference(fmt::format("Target{}", suffix))};
  } else {
    record["AliasTarget"] =
        json::object{{"DNSName", reference(fmt::format("Target{}", suffix))},
                     {"HostedZoneId", reference(fmt::format("TargetZone{}", suffix))},
                     {"EvaluateTargetHealth", true}};
  }
  return record;
}

/// Of resources of one type.
std::vector<json::object> deployed_records(const json::object& deployed, std::string_view type) {
  std::vector<json::object> records;
  const auto* resources = json::find_object(deployed, "Resources");
  if (resources == nullptr) return records;
  for (const auto& entry : *resources) {
    const auto* resource = entry.value().if_object();
    if (resource == nullptr || json::string_or(*resource, "Type") != type) continue;
    const auto* properties = json::find_object(*resource, "Properties");
    if (properties == nullptr) continue;
    if (type == kRecordType) records.push_back(*properties);
    const auto* sets = json::find_array(*properties, "RecordSets");
    for (std::size_t i = 0; sets != nullptr && i < sets->size(); ++i) {
      if ((*sets)[i].is_object()) records.push_back((*sets)[i].as_object());
    }
  }
  return records;
}

}  // namespace

json::object stack_request(const StackSpec& spec) {
  json::array parameters;
  for (const auto& [key, value] : spec.parameters) {
    parameters.push_back(json::object{{"ParameterKey", key}, {"ParameterValue", value}});
  }
  for (const std::string& key : spec.kept) {
    parameters.push_back(json::object{{"ParameterKey", key}, {"UsePreviousValue", true}});
  }
  return {{"StackName", spec.name},
          {"TemplateBody", spec.body},
          {"Parameters", std::move(parameters)},
          {"Capabilities", json::array{"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}}};
}

StackSpec data_stack(const Topology& topology, const std::vector<std::string>& leaving) {
  return {topology.home,
          data_stack_name(topology),
          json::to_text(data_template(topology, leaving)),
          {}};
}

StackSpec app_stack(const Topology& topology, const std::string& region, std::string body,
                    std::string code_key) {
  StackSpec spec{region, app_stack_name(topology), std::move(body), topology.parameters};
  spec.parameters["TableName"] = topology.table.name;
  spec.parameters["StageName"] = topology.stage;
  spec.parameters["CodeBucket"] = bucket_name(topology, region);
  spec.parameters["CodeKey"] = std::move(code_key);
  return spec;
}

std::string bucket_name(const Topology& topology, std::string_view region) {
  return fmt::format("tandem-{}-{}-{}", topology.name, topology.account, region);
}

std::string code_key(const Topology& topology, std::string_view package) {
  return fmt::format("{}/{}.zip", topology.name, core::hex_encode(core::sha256(package)));
}

std::optional<std::string> topology_of(std::string_view stack, std::string_view description) {
  constexpr std::array<std::array<std::string_view, 2>, 3> kKinds{
      {{"-data", kDataText}, {"-front", kFrontText}, {"-routing", kRoutingText}}};
  for (const auto& [suffix, text] : kKinds) {
    if (!stack.ends_with(suffix)) continue;
    std::string name(stack.substr(0, stack.size() - suffix.size()));
    if (description == fmt::format("{}{}", name, text)) return name;
  }
  return std::nullopt;
}

std::string data_stack_name(const Topology& topology) { return topology.name + "-data"; }
std::string app_stack_name(const Topology& topology) { return topology.name + "-app"; }
std::string front_stack_name(const Topology& topology) { return topology.name + "-front"; }
std::string routing_stack_name(const Topology& topology) { return topology.name + "-routing"; }
std::string common_key_name(const Topology& topology) { return topology.name + "-common"; }

std::string logical_suffix(std::string_view region) {
  std::string suffix;
  bool upper = true;
  for (const char c : region) {
    if (c == '-') {
      upper = true;
      continue;
    }
    suffix += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    upper = false;
  }
  return suffix;
}

json::object data_template(const Topology& topology, const std::vector<std::string>& leaving) {
  json::array replicas;
  for (const Region& region : topology.regions) {
    replicas.push_back(json::object{{"Region", region.name}});
  }
  for (const std::string& region : leaving) replicas.push_back(json::object{{"Region", region}});
  json::object table{
      {"TableName", topology.table.name},
      {"BillingMode", "PAY_PER_REQUEST"},
      {"AttributeDefinitions", key_attributes(topology.table)},
      {"KeySchema", key_schema(topology.table)},
      {"StreamSpecification", json::object{{"StreamViewType", "NEW_AND_OLD_IMAGES"}}},
      {"Replicas", std::move(replicas)}};
  return {{"AWSTemplateFormatVersion", kVersion},
          {"Description", fmt::format("{}{}", topology.name, kDataText)},
          {"Resources",
           json::object{{"Table", resource("AWS::DynamoDB::GlobalTable", std::move(table))}}},
          {"Outputs", json::object{{"TableName", output(reference("Table"))}}}};
}

json::object front_template(const Topology& topology) {
  json::object resources;
  resources["Certificate"] =
      resource("AWS::CertificateManager::Certificate",
               {{"DomainName", topology.domain},
                {"ValidationMethod", "DNS"},
                {"DomainValidationOptions",
                 json::array{json::object{{"DomainName", topology.domain},
                                          {"HostedZoneId", reference("ZoneId")}}}}});
  resources["Domain"] =
      resource("AWS::ApiGateway::DomainName",
               {{"DomainName", topology.domain},
                {"RegionalCertificateArn", reference("Certificate")},
                {"EndpointConfiguration", json::object{{"Types", json::array{"REGIONAL"}}}},
                {"SecurityPolicy", "TLS_1_2"}});
  resources["Mapping"] =
      resource("AWS::ApiGateway::BasePathMapping", {{"DomainName", reference("Domain")},
                                                    {"RestApiId", reference("ApiId")},
                                                    {"Stage", reference("StageName")}});
  resources["Key"] = resource("AWS::ApiGateway::ApiKey", {{"Name", common_key_name(topology)},
                                                          {"Enabled", true},
                                                          {"Value", reference("ApiKeyValue")}});
  resources["Plan"] = resource("AWS::ApiGateway::UsagePlan", usage_plan(topology));
  resources["PlanKey"] = resource(
      "AWS::ApiGateway::UsagePlanKey",
      {{"KeyId", reference("Key")}, {"KeyType", "API_KEY"}, {"UsagePlanId", reference("Plan")}});
  json::object outputs{{"RegionalDomainName", output(get_att("Domain", "RegionalDomainName"))},
                       {"RegionalHostedZoneId", output(get_att("Domain", "RegionalHostedZoneId"))}};
  add_switches(topology, resources, outputs);
  return {{"AWSTemplateFormatVersion", kVersion},
          {"Description", fmt::format("{}{}", topology.name, kFrontText)},
          {"Parameters",
           json::object{{"ApiId", string_parameter()},
                        {"StageName", string_parameter()},
                        {"ZoneId", string_parameter()},
                        {"ApiKeyValue", json::object{{"Type", "String"}, {"NoEcho", true}}}}},
          {"Resources", std::move(resources)},
          {"Outputs", std::move(outputs)}};
}

json::object moving_front_template(const Topology& topology) {
  json::object body = front_template(topology);
  json::object& parameters = body["Parameters"].as_object();
  parameters["OtherApiId"] = string_parameter();
  parameters["OtherStageName"] = string_parameter();
  json::object& plan = body["Resources"].as_object()["Plan"].as_object();
  plan["Properties"].as_object()["ApiStages"].as_array().push_back(
      json::object{{"ApiId", reference("OtherApiId")}, {"Stage", reference("OtherStageName")}});
  return body;
}

json::object routing_template(const Topology& topology, ZoneOwner owner, RecordForm form) {
  const char* zone = owner == ZoneOwner::kStack ? "Zone" : "ZoneId";
  json::object parameters;
  json::object resources;
  json::array records;
  if (owner == ZoneOwner::kStack) {
    resources["Zone"] = resource("AWS::Route53::HostedZone", {{"Name", topology.zone}});
  } else {
    parameters["ZoneId"] = string_parameter();
  }
  for (const Region& region : topology.regions) {
    const std::string suffix = logical_suffix(region.name);
    for (const char* name : {"Api", "Stage", "Target", "TargetZone"}) {
      parameters[name + suffix] = string_parameter();
    }
    if (topology.regions.size() > 1) parameters["Switch" + suffix] = string_parameter();
    resources["HealthCheck" + suffix] =
        resource("AWS::Route53::HealthCheck", health_check(topology, region, suffix));
    add_drain_checks(topology, region, resources);
    json::object record = record_of(topology, region, suffix);
    if (form == RecordForm::kGroup) {
      records.push_back(std::move(record));
      continue;
    }
    record["HostedZoneId"] = reference(zone);
    resources["Record" + suffix] = resource(kRecordType, std::move(record));
  }
  if (form == RecordForm::kGroup) {
    resources["Records"] = resource(
        kGroupType, {{"HostedZoneId", reference(zone)}, {"RecordSets", std::move(records)}});
  }
  return {{"AWSTemplateFormatVersion", kVersion},
          {"Description", fmt::format("{}{}", topology.name, kRoutingText)},
          {"Parameters", std::move(parameters)},
          {"Resources", std::move(resources)},
          {"Outputs", json::object{{"ZoneId", output(reference(zone))}}}};
}

json::object zone_template(const Topology& topology) {
  json::object body = routing_template(topology);
  json::object zone{{"Zone", body.at("Resources").as_object().at("Zone")}};
  body["Resources"] = std::move(zone);
  body.erase("Parameters");
  return body;
}

std::vector<json::object> records_in(const json::object& deployed) {
  auto records = deployed_records(deployed, kRecordType);
  for (json::object& one : deployed_records(deployed, kGroupType))
    records.push_back(std::move(one));
  return records;
}

RecordForm form_after(const json::object& deployed, const Topology& topology) {
  const bool single = !deployed_records(deployed, kRecordType).empty();
  return single && topology.routing == Routing::kWeighted ? RecordForm::kSingle
                                                          : RecordForm::kGroup;
}

bool has_records_that_clash(const json::object& deployed, const Topology& topology) {
  const auto single = deployed_records(deployed, kRecordType);
  if (form_after(deployed, topology) == RecordForm::kGroup) return !single.empty();
  const std::string ttl = topology.ttl_s ? std::to_string(*topology.ttl_s) : "";
  return std::any_of(single.begin(), single.end(), [&](const json::object& record) {
    return json::string_or(record, "Type") != record_type(topology) ||
           json::string_or(record, "TTL") != ttl;
  });
}

std::optional<Routing> routing_of(const json::object& deployed) {
  const auto records = records_in(deployed);
  if (records.empty()) return std::nullopt;
  if (json::find(records.front(), "Region") != nullptr) return Routing::kLatency;
  if (json::find(records.front(), "Failover") != nullptr) return Routing::kFailover;
  return Routing::kWeighted;
}

json::object without_records(json::object routing) {
  json::object kept;
  for (const auto& entry : routing.at("Resources").as_object()) {
    const std::string type = json::string_or(entry.value().as_object(), "Type");
    if (type == kRecordType || type == kGroupType) continue;
    kept[entry.key()] = entry.value();
  }
  routing["Resources"] = std::move(kept);
  return routing;
}

}  // namespace tandem::topology
