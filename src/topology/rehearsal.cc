#include "topology/rehearsal.h"

#include <fmt/format.h>

#include "aws/execute_api_zones.h"
#include "aws/protocol.h"
#include "topology/template_reading.h"

namespace tandem::topology {
namespace {

using aws::model::Shape;
using aws::model::Type;

/// AWS CloudFormation User Guide, "CloudFormation quotas": template body size in a request.
constexpr std::size_t kMostTemplateBytes = 51'200;
/// The rehearsal has no time: what AWS stamps bears its first second.
constexpr int kThen = 0;

void collect_unknown(const Shape& shape, const json::value& value, const std::string& path,
                     std::vector<std::string>& found) {
  if (shape.is(Type::kStructure) && value.is_object()) {
    for (const auto& entry : value.as_object()) {
      const std::string at =
          fmt::format("{}{}{}", path, path.empty() ? "" : ".", std::string(entry.key()));
      const auto member = shape.member(entry.key());
      if (!member) {
        found.push_back(at + ": there is no such member");
      } else {
        collect_unknown(member->shape(), entry.value(), at, found);
      }
    }
  } else if (shape.is(Type::kList) && value.is_array()) {
    for (const json::value& each : value.as_array()) {
      collect_unknown(shape.element().shape(), each, path + "[]", found);
    }
  } else if (shape.is(Type::kMap) && value.is_object()) {
    for (const auto& entry : value.as_object()) {
      collect_unknown(shape.value().shape(), entry.value(), path + "." + std::string(entry.key()),
                      found);
    }
  }
}

std::vector<std::string> findings_of(const std::optional<Shape>& shape,
                                     const json::object& document, bool raw_payload) {
  std::vector<std::string> found;
  if (!shape) {
    if (!document.empty()) found.emplace_back("it takes no parameters");
    return found;
  }
  collect_unknown(*shape, document, "", found);
  aws::Validator validator;
  try {
    for (const aws::Violation& one : validator.check(*shape, document, raw_payload)) {
      found.push_back(fmt::format("{}: {}", one.path, one.constraint));
    }
  } catch (const aws::ApiError& error) {
    found.push_back(error.message());
  }
  return found;
}

/// Of the service in the region, as AWS's own tools go there.
std::string host_of(const aws::model::Service& service, const std::string& region) {
  const bool global = !service.global_endpoint().empty() && service.name() != "s3";
  if (global && service.name() != "sts") return std::string(service.global_endpoint());
  return fmt::format("{}.{}.amazonaws.com", service.endpoint_prefix(), region);
}

std::string placeholder(std::string_view what, const std::pair<std::string, std::string>& place) {
  return fmt::format("<{} of {} in {}>", what, place.second, place.first);
}

/// What an output is that refers to one thing alone, as far as it is known beforehand.
std::string known_value(const std::string& reference, const std::string& region) {
  if (reference == "Domain.RegionalHostedZoneId") return std::string(aws::execute_api_zone(region));
  if (reference == "Domain.RegionalDomainName") {
    return fmt::format("<d-…>.execute-api.{}.amazonaws.com", region);
  }
  return "";
}

/// As it may be shown: without what the template keeps secret, and what differs in every run.
json::object shown_input(json::object input) {
  if (input.contains("ClientRequestToken")) input["ClientRequestToken"] = "<uuid>";
  const auto secrets = secrets_of_template(json::string_or(input, "TemplateBody"));
  json::value* parameters = input.if_contains("Parameters");
  if (parameters == nullptr || !parameters->is_array()) return input;
  for (json::value& each : parameters->as_array()) {
    json::object& one = each.as_object();
    if (secrets.contains(json::string_or(one, "ParameterKey"))) one["ParameterValue"] = "<secret>";
  }
  return input;
}

aws::ApiError no_such_stack(const std::string& name) {
  return {400, "ValidationError", fmt::format("Stack with id {} does not exist", name)};
}

}  // namespace

std::vector<std::string> findings_in(const aws::model::Operation& operation,
                                     const aws::ApiCall& call) {
  auto found = findings_of(operation.input(), call.input, !call.payload.empty());
  const std::string body = json::string_or(call.input, "TemplateBody");
  if (call.service == "cloudformation" && body.size() > kMostTemplateBytes) {
    found.push_back(fmt::format("TemplateBody: {} bytes; CloudFormation takes {}", body.size(),
                                kMostTemplateBytes));
  }
  return found;
}

void Rehearsal::check(std::string_view what, const std::vector<std::string>& found) {
  for (const std::string& one : found) findings_.push_back(fmt::format("{}: {}", what, one));
}

Task<aws::ApiResult> Rehearsal::call(aws::ApiCall call) {
  const auto service = aws::model::find_service(call.service);
  const auto operation = service ? service->operation(call.operation) : std::nullopt;
  if (!operation) {
    check(call.service, {fmt::format("there is no operation {}", call.operation)});
    throw aws::ApiError(400, "UnknownOperationException", call.operation);
  }
  check(call.service + " " + call.operation, findings_in(*operation, call));
  const std::uint64_t payload_bytes = call.payload.size();
  const net::HttpRequest request =
      aws::encode_request(*operation, call.input, std::move(call.payload));
  call.payload.clear();
  aws::ApiCall shown = call;
  shown.input = shown_input(call.input);
  calls_.push_back({std::move(shown), request.method,
                    fmt::format("https://{}{}", host_of(*service, call.region), request.target),
                    payload_bytes});
  json::object output = answer(call);
  check(call.operation + "'s answer", findings_of(operation->output(), output, true));
  co_return aws::ApiResult{std::move(output), ""};
}

json::object Rehearsal::answer(const aws::ApiCall& call) {
  if (call.service == "cloudformation") return cloudformation(call);
  if (call.service == "s3") return s3(call);
  if (call.operation == "GetCallerIdentity") {
    return {{"Account", account_},
            {"UserId", "<user id>"},
            {"Arn", fmt::format("arn:aws:iam::{}:user/<user>", account_)}};
  }
  if (call.operation == "ListHostedZonesByName") {
    return {{"HostedZones", json::array()}, {"IsTruncated", false}, {"MaxItems", "100"}};
  }
  if (call.operation == "GetHostedZone") return hosted_zone(json::string_or(call.input, "Id"));
  throw aws::ApiError(400, "UnknownOperationException",
                      fmt::format("{} of {} is not rehearsed", call.operation, call.service));
}

/// One of a stack's, as its template names it.
json::object Rehearsal::hosted_zone(const std::string& id) const {
  for (const auto& [place, stack] : stacks_) {
    const auto body = json::parse_text(stack.body);
    if (!body || !body.value().is_object()) continue;
    const auto* resources = json::find_object(body.value().as_object(), "Resources");
    for (const ResourceChange& one : resources_of_template(stack.body)) {
      if (one.type != "AWS::Route53::HostedZone" || physical_id(place, one.logical_id) != id) {
        continue;
      }
      const auto* resource =
          resources == nullptr ? nullptr : json::find_object(*resources, one.logical_id);
      const auto* given =
          resource == nullptr ? nullptr : json::find_object(*resource, "Properties");
      const std::string name = given == nullptr ? "" : json::string_or(*given, "Name");
      return {
          {"HostedZone",
           json::object{{"Id", id}, {"Name", name + "."}, {"CallerReference", one.logical_id}}}};
    }
  }
  throw aws::ApiError(404, "NoSuchHostedZone", "No hosted zone found with ID: " + id);
}

std::string Rehearsal::physical_id(const Place& place, const std::string& logical_id) const {
  return placeholder(logical_id, place);
}

Rehearsal::Stack& Rehearsal::need_stack(const Place& place) {
  const auto found = stacks_.find(place);
  if (found == stacks_.end()) throw no_such_stack(place.second);
  return found->second;
}

json::object Rehearsal::describe(const Place& place) const {
  const Stack& stack = stacks_.at(place);
  json::array outputs;
  for (const std::string& name : outputs_of_template(stack.body)) {
    const OutputText text = output_of_template(stack.body, name);
    std::string value = placeholder(name, place);
    const std::string sole = text.references.size() == 1 ? *text.references.begin() : "";
    if (const std::string known = known_value(sole, place.first); !known.empty()) value = known;
    for (const ResourceChange& one : resources_of_template(stack.body)) {
      if (sole == one.logical_id) value = physical_id(place, one.logical_id);
    }
    outputs.push_back(json::object{{"OutputKey", name}, {"OutputValue", value}});
  }
  return {{"StackName", place.second},      {"StackId", placeholder("id", place)},
          {"CreationTime", kThen},          {"StackStatus", stack.status},
          {"Parameters", stack.parameters}, {"Outputs", std::move(outputs)}};
}

json::array Rehearsal::resources(const Place& place) const {
  json::array list;
  for (const ResourceChange& one : resources_of_template(stacks_.at(place).body)) {
    list.push_back(json::object{{"LogicalResourceId", one.logical_id},
                                {"PhysicalResourceId", physical_id(place, one.logical_id)},
                                {"ResourceType", one.type},
                                {"LastUpdatedTimestamp", kThen},
                                {"ResourceStatus", "CREATE_COMPLETE"}});
  }
  return list;
}

json::object Rehearsal::cloudformation(const aws::ApiCall& call) {
  std::string name = json::string_or(call.input, "StackName");
  for (const auto& [place, stack] : stacks_) {
    // By its id, too.
    if (name == placeholder("id", place)) name = place.second;
  }
  const Place place{call.region, name};
  const std::string& operation = call.operation;
  // Whether AWS takes a template only AWS knows.
  if (operation == "ValidateTemplate") return {};
  if (operation == "CreateStack" || operation == "UpdateStack") {
    if (operation == "UpdateStack") need_stack(place);
    const auto* parameters = json::find_array(call.input, "Parameters");
    stacks_[place] = {json::string_or(call.input, "TemplateBody"),
                      parameters == nullptr ? json::array() : *parameters,
                      json::string_or(call.input, "ClientRequestToken"),
                      operation == "CreateStack" ? "CREATE_COMPLETE" : "UPDATE_COMPLETE"};
    return {{"StackId", placeholder("id", place)}};
  }
  if (operation == "DescribeStacks" && name.empty()) {
    json::array all;
    for (const auto& [each, stack] : stacks_) {
      if (each.first == call.region) all.push_back(describe(each));
    }
    return {{"Stacks", std::move(all)}};
  }
  Stack& stack = need_stack(place);
  if (operation == "DescribeStacks") return {{"Stacks", json::array{describe(place)}}};
  if (operation == "ListStackResources") return {{"StackResourceSummaries", resources(place)}};
  if (operation == "GetTemplate") return {{"TemplateBody", stack.body}};
  if (operation == "DeleteStack") {
    stacks_.erase(place);
    return {};
  }
  if (operation == "DescribeStackEvents") {
    const std::string id = placeholder("id", place);
    json::object event{{"StackId", id},
                       {"EventId", stack.token},
                       {"StackName", place.second},
                       {"LogicalResourceId", place.second},
                       {"PhysicalResourceId", id},
                       {"ResourceType", "AWS::CloudFormation::Stack"},
                       {"Timestamp", kThen},
                       {"ResourceStatus", stack.status},
                       {"ClientRequestToken", stack.token}};
    return {{"StackEvents", json::array{std::move(event)}}};
  }
  throw aws::ApiError(400, "UnknownOperationException", operation + " is not rehearsed");
}

json::object Rehearsal::s3(const aws::ApiCall& call) {
  const std::string object =
      json::string_or(call.input, "Bucket") + "/" + json::string_or(call.input, "Key");
  if (call.operation == "HeadObject") {
    if (objects_.contains(object)) return {};
    throw aws::ApiError(404, "NotFound", "Not Found");
  }
  if (call.operation == "PutObject") objects_.insert(object);
  if (call.operation == "PutObject" || call.operation == "CreateBucket") return {};
  throw aws::ApiError(400, "UnknownOperationException", call.operation + " is not rehearsed");
}

std::string text_of(const RecordedCall& recorded) {
  const aws::ApiCall& call = recorded.call;
  std::string text = fmt::format("{} {} {}\n  {} {}\n", call.region, call.service, call.operation,
                                 recorded.method, recorded.url);
  for (const auto& entry : call.input) {
    text += fmt::format("  {}: {}\n", std::string(entry.key()), json::to_text(entry.value()));
  }
  if (recorded.payload_bytes > 0) text += fmt::format("  Body: {} bytes\n", recorded.payload_bytes);
  return text;
}

json::object to_json(const RecordedCall& recorded) {
  json::object shown{{"region", recorded.call.region},
                     {"service", recorded.call.service},
                     {"operation", recorded.call.operation},
                     {"method", recorded.method},
                     {"url", recorded.url},
                     {"parameters", recorded.call.input}};
  if (recorded.payload_bytes > 0) shown["bodyBytes"] = recorded.payload_bytes;
  return shown;
}

}  // namespace tandem::topology
