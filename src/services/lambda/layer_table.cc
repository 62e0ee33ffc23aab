#include "services/lambda/layer_table.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace tandem::lambda {
namespace {

std::string id_of(const LayerVersion& version) {
  return fmt::format("{}:{:010d}", version.name, version.number);
}

}  // namespace

json::object LayerVersion::to_record() const {
  return {{"name", name},
          {"arn", arn},
          {"number", number},
          {"description", description},
          {"license", license},
          {"created", created},
          {"runtimes", runtimes},
          {"architectures", architectures},
          {"code_sha256", code_sha256},
          {"code_size", code_size},
          {"code_id", code_id},
          {"code_outline", code_outline},
          {"policy", policy},
          {"policy_revision_id", policy_revision_id}};
}

LayerVersion LayerVersion::from_record(const json::object& record) {
  const auto list = [&](std::string_view key) {
    const json::array* found = json::find_array(record, key);
    return found == nullptr ? json::array() : *found;
  };
  LayerVersion version;
  version.name = json::string_or(record, "name");
  version.arn = json::string_or(record, "arn");
  version.number = json::int_or(record, "number", 0);
  version.description = json::string_or(record, "description");
  version.license = json::string_or(record, "license");
  version.created = json::string_or(record, "created");
  version.runtimes = list("runtimes");
  version.architectures = list("architectures");
  version.code_sha256 = json::string_or(record, "code_sha256");
  version.code_size = json::int_or(record, "code_size", 0);
  version.code_id = json::string_or(record, "code_id");
  version.code_outline = json::string_or(record, "code_outline");
  version.policy = list("policy");
  version.policy_revision_id = json::string_or(record, "policy_revision_id");
  return version;
}

json::object LayerVersion::listed() const {
  json::object out;
  out["LayerVersionArn"] = version_arn();
  out["Version"] = number;
  out["Description"] = description;
  out["CreatedDate"] = created;
  if (!runtimes.empty()) out["CompatibleRuntimes"] = runtimes;
  if (!license.empty()) out["LicenseInfo"] = license;
  if (!architectures.empty()) out["CompatibleArchitectures"] = architectures;
  return out;
}

json::object LayerVersion::shown() const {
  json::object out = listed();
  out["LayerArn"] = arn;
  out["Content"] = json::object{{"CodeSha256", code_sha256}, {"CodeSize", code_size}};
  return out;
}

LayerTable::LayerTable(store::Store& store)
    : store_(store), names_(store, "layer"), documents_(store, "layer_version") {
  for (const auto& [name, record] : names_.list()) last_[name] = json::int_or(record, "last", 0);
  for (const auto& [id, record] : documents_.list()) {
    auto version = std::make_shared<const LayerVersion>(LayerVersion::from_record(record));
    layers_[version->name][version->number] = version;
  }
}

LayerPtr LayerTable::find(const std::string& name, std::int64_t number) const {
  const Versions& all = versions(name);
  const auto found = all.find(number);
  return found == all.end() ? nullptr : found->second;
}

const LayerTable::Versions& LayerTable::versions(const std::string& name) const {
  static const Versions kNone;
  const auto found = layers_.find(name);
  return found == layers_.end() ? kNone : found->second;
}

LayerPtr LayerTable::publish(LayerVersion version) {
  const auto last = last_.find(version.name);
  version.number = last == last_.end() ? 1 : last->second + 1;
  store::WriteBatch batch;
  names_.put(batch, version.name, {{"last", version.number}});
  documents_.put(batch, id_of(version), version.to_record());
  store_.write(std::move(batch));
  auto published = std::make_shared<const LayerVersion>(std::move(version));
  last_[published->name] = published->number;
  layers_[published->name][published->number] = published;
  return published;
}

void LayerTable::put(LayerVersion version) {
  documents_.put(id_of(version), version.to_record());
  auto shared = std::make_shared<const LayerVersion>(std::move(version));
  layers_[shared->name][shared->number] = shared;
}

void LayerTable::erase(const LayerVersion& version) {
  const std::string name = version.name;
  const std::int64_t number = version.number;
  documents_.erase(id_of(version));
  Versions& all = layers_[name];
  all.erase(number);
  if (all.empty()) layers_.erase(name);
}

void LayerTable::clear() {
  layers_.clear();
  last_.clear();
}

bool LayerTable::uses_code(const std::string& code_id) const {
  return std::any_of(layers_.begin(), layers_.end(), [&](const auto& layer) {
    return std::any_of(layer.second.begin(), layer.second.end(),
                       [&](const auto& each) { return each.second->code_id == code_id; });
  });
}

std::int64_t LayerTable::code_size() const {
  std::int64_t bytes = 0;
  for (const auto& [name, versions] : layers_) {
    for (const auto& [number, version] : versions) bytes += version->code_size;
  }
  return bytes;
}

}  // namespace tandem::lambda
