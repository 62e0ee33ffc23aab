#include "service/registry.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/dialect.h"
#include "aws/spoken.h"
#include "core/check.h"
#include "core/log.h"
#include "core/text.h"
#include "service/service_errors.h"

namespace tandem::service {
namespace {

using aws::ApiError;
using aws::model::Protocol;

aws::model::Service model_of(const Service& service) {
  const auto model = aws::model::find_service(service.name());
  if (!model) log::error("no API model for service {}", service.name());
  CHECK(model.has_value());
  return *model;
}

/// Sub-resources that are younger than the model. The path alone would mean another operation, such
/// as PutObject.
void refuse_younger(const aws::model::Service& service, const net::HttpRequest& request) {
  const auto younger = aws::dialect_of(service.name()).younger_subresources;
  if (younger.empty()) return;
  for (const auto& [name, value] : net::parse_query(request.query())) {
    if (std::ranges::find(younger, std::string_view(name)) == younger.end()) continue;
    throw ApiError(400, "NotImplemented",
                   fmt::format("Tandem does not support the sub-resource {} of {} yet.", name,
                               service.name()));
  }
}

/// An operation of a service that lives behind this one's names.
void refuse_absent_service(const aws::model::Service& service, std::string_view target) {
  for (const aws::AbsentService& absent : aws::dialect_of(service.name()).absent_services) {
    for (const std::string_view operation : absent.operations) {
      if (target != fmt::format("{}.{}", absent.target_prefix, operation)) continue;
      throw unsupported_operation(service, operation, absent.service);
    }
  }
}

Call find_json(Registered& service, const net::HttpRequest& request) {
  auto target = request.headers.get_or("X-Amz-Target");
  const auto dot = target.rfind('.');
  const std::string_view beside = aws::dialect_of(service.model().name()).also_speaks;
  const bool ours =
      dot != std::string_view::npos &&
      target.substr(0, dot) == (beside.empty() ? service.model().target_prefix() : beside);
  if (!ours) {
    refuse_absent_service(service.model(), target);
    throw unknown_operation(service.model(), target);
  }
  return {&service.row(target.substr(dot + 1)), {}, {}};
}

Call find_cbor(Registered& service, const net::HttpRequest& request) {
  const auto operation =
      aws::operation_in_path(request.path(), aws::dialect_of(service.model().name()).also_speaks);
  if (!operation) throw unknown_operation(service.model(), request.path());
  return {&service.row(*operation), {}, {}};
}

Call find_query(Registered& service, const net::HttpRequest& request) {
  Call call;
  if (aws::has_too_many_fields(request.query()) || aws::has_too_many_fields(request.body)) {
    throw ApiError(400, "MalformedInput", "Too many parameters");
  }
  call.form = net::parse_query(request.query());
  const auto type = request.headers.get_or("Content-Type");
  if (type.empty() || type.starts_with("application/x-www-form-urlencoded")) {
    for (auto& field : net::parse_query(request.body)) call.form.push_back(std::move(field));
  }
  const auto field = [&call](std::string_view wanted) -> const std::string* {
    const auto found = std::ranges::find(call.form, wanted, &aws::FormFields::value_type::first);
    return found == call.form.end() ? nullptr : &found->second;
  };
  const std::string* action = field("Action");
  if (action == nullptr) {
    throw ApiError(400, "MissingAction",
                   "The request is missing an action or a required parameter.");
  }
  const std::string* version = field("Version");
  if (version == nullptr || *version != service.model().api_version()) {
    throw ApiError(400, "InvalidAction",
                   fmt::format("Could not find operation {} for version {}", *action,
                               version == nullptr ? "NO_VERSION_SPECIFIED" : *version));
  }
  call.row = &service.row(*action);
  return call;
}

Call find_rest(Registered& service, const net::HttpRequest& request) {
  refuse_younger(service.model(), request);
  auto match =
      service.routes().match(request.method, request.path(), request.query(), request.headers);
  if (!match) throw unknown_operation(service.model(), request.path());
  return {&service.row(match->operation), std::move(match->labels), {}};
}

json::object coverage_of_row(const Row& row) {
  json::array missing;
  if (const auto input = row.model.input()) {
    for (const auto member : input->members()) {
      if (!row.accepts(member.name())) missing.push_back(json::value(member.name()));
    }
  }
  if (missing.empty()) return {{"status", "implemented"}};
  return {{"status", "partial"}, {"missing", std::move(missing)}};
}

}  // namespace

bool Row::accepts(std::string_view member) const {
  const auto& accepted = operation->accepts;
  return std::find(accepted.begin(), accepted.end(), member) != accepted.end();
}

std::optional<std::string_view> Row::only_value(std::string_view member) const {
  for (const std::string_view entry : operation->accepts) {
    const auto equals = entry.find('=');
    if (equals != std::string_view::npos && entry.substr(0, equals) == member) {
      return entry.substr(equals + 1);
    }
  }
  return std::nullopt;
}

Registered::Registered(Service& service) : service_(service), model_(model_of(service)) {
  for (const auto& operation : service.operations()) {
    const auto known = model_.operation(operation.name);
    if (!known) log::error("{} has no operation {}", model_.name(), operation.name);
    CHECK(known.has_value());
    CHECK((operation.handler != nullptr) != (operation.raw != nullptr));
    rows_.push_back(std::make_unique<Row>(Row{*known, &operation, {}}));
    CHECK(by_name_.emplace(known->name(), rows_.back().get()).second);
  }
}

Row& Registered::row(std::string_view operation) {
  const auto at = by_name_.find(operation);
  if (at != by_name_.end()) return *at->second;
  const auto known = model_.operation(operation);
  if (known) throw unsupported_operation(*known);
  throw unknown_operation(model_, operation);
}

const aws::RouteTable& Registered::routes() {
  std::call_once(routes_wanted_, [this] { routes_.emplace(model_); });
  return *routes_;
}

Call find_call(Registered& service, const net::HttpRequest& request) {
  switch (aws::spoken(service.model(), request)) {
    case Protocol::kCbor:
      return find_cbor(service, request);
    case Protocol::kJson:
      return find_json(service, request);
    case Protocol::kQuery:
      return find_query(service, request);
    default:
      return find_rest(service, request);
  }
}

void add_absent_services(const aws::model::Service& service, json::object& services) {
  for (const aws::AbsentService& absent : aws::dialect_of(service.name()).absent_services) {
    json::object manifest;
    for (const std::string_view operation : absent.operations) {
      manifest[operation] = json::object{{"status", "absent"}};
    }
    services[absent.service] = std::move(manifest);
  }
}

json::object coverage_of(const Registered& service) {
  json::object manifest;
  for (const auto operation : service.model().operations()) {
    manifest[operation.name()] = json::object{{"status", "absent"}};
  }
  for (const auto& row : service.rows()) manifest[row->model.name()] = coverage_of_row(*row);
  for (const std::string_view name : service.service().refused()) {
    CHECK(manifest.contains(name));
    manifest[name] = json::object{{"status", "refused"}};
  }
  return manifest;
}

}  // namespace tandem::service
