#include "services/lambda/model/alias.h"

#include <fmt/format.h>

#include "services/lambda/errors.h"
#include "services/lambda/model/function.h"

namespace tandem::lambda {

Alias Alias::from_record(const json::object& record) {
  Alias alias;
  alias.name = json::string_or(record, "name");
  alias.version = json::string_or(record, "version");
  alias.description = json::string_or(record, "description");
  alias.other_version = json::string_or(record, "other_version");
  alias.other_weight = json::find_number(record, "other_weight").value_or(0);
  alias.revision_id = json::string_or(record, "revision_id");
  return alias;
}

void Alias::write_to(json::object& record) const {
  record["name"] = name;
  record["version"] = version;
  record["description"] = description;
  record["other_version"] = other_version;
  record["other_weight"] = other_weight;
  record["revision_id"] = revision_id;
}

json::object Alias::configuration(std::string_view arn) const {
  json::object out = {{"AliasArn", json::string(arn)},
                      {"Name", name},
                      {"FunctionVersion", version},
                      {"Description", description},
                      {"RevisionId", revision_id}};
  if (!other_version.empty()) {
    json::object weights;
    weights[other_version] = other_weight;
    out["RoutingConfig"] = json::object{{"AdditionalVersionWeights", std::move(weights)}};
  }
  return out;
}

void Alias::set_routing(const json::object& routing) {
  other_version.clear();
  other_weight = 0;
  const json::object* weights = json::find_object(routing, "AdditionalVersionWeights");
  if (weights == nullptr || weights->empty()) return;
  if (weights->size() > 1) {
    throw errors::invalid_parameter(
        "Number of items in AdditionalVersionWeights cannot be greater than 1");
  }
  other_version = std::string_view(weights->begin()->key());
  other_weight = json::find_number(*weights, other_version).value_or(0);
}

void Alias::check_routing() const {
  if (other_version.empty()) return;
  if (version == other_version) {
    throw errors::invalid_parameter(
        fmt::format("Invalid function version {0}. Function version {0} is already included in "
                    "routing configuration.",
                    version));
  }
  if (version == kLatest) {
    throw errors::invalid_parameter(
        "$LATEST is not supported for an alias pointing to more than 1 version");
  }
}

}  // namespace tandem::lambda
