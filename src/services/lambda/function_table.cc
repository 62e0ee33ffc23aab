#include "services/lambda/function_table.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "services/lambda/model/alias.h"
#include "services/lambda/model/name.h"

namespace tandem::lambda {
namespace {

/// Numbers order as texts do.
std::string version_id(const Function& version) {
  return fmt::format("{}:{:010d}", version.name, version.number());
}

}  // namespace

FunctionTable::FunctionTable(store::Store& store)
    : store_(store),
      documents_(store, "function"),
      version_documents_(store, "version"),
      aliases_(store, "alias"),
      async_settings_(store, "async_settings"),
      urls_(store, "url") {
  for (auto& [name, record] : documents_.list()) {
    functions_[name] = std::make_shared<const Function>(Function::from_record(record));
  }
  for (auto& [id, record] : version_documents_.list()) {
    auto version = std::make_shared<const Function>(Function::from_record(record));
    versions_[version->name][version->number()] = version;
  }
}

FunctionPtr FunctionTable::find(const std::string& name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : found->second;
}

FunctionPtr FunctionTable::find(const std::string& name, const std::string& qualifier) const {
  if (qualifier.empty() || qualifier == kLatest) return find(name);
  const json::object* alias = is_alias_name(qualifier) ? aliases_.find(name, qualifier) : nullptr;
  if (alias == nullptr) return find_version(name, qualifier);
  return find_version(name, Alias::from_record(*alias).version);
}

FunctionPtr FunctionTable::find_version(const std::string& name, const std::string& version) const {
  if (version == kLatest) return find(name);
  const auto number = core::parse_uint(version);
  // "007" is no version's name.
  if (!number || std::to_string(*number) != version) return nullptr;
  const Versions& all = versions(name);
  const auto found = all.find(static_cast<std::int64_t>(*number));
  return found == all.end() ? nullptr : found->second;
}

FunctionPtr FunctionTable::draw(const std::string& name, const std::string& qualifier,
                                core::Random& random) const {
  const json::object* alias = is_alias_name(qualifier) ? aliases_.find(name, qualifier) : nullptr;
  if (alias == nullptr) return find(name, qualifier);
  return find_version(name, Alias::from_record(*alias).choose(random.unit()));
}

FunctionPtr FunctionTable::put(Function function) {
  auto shared = std::make_shared<const Function>(std::move(function));
  if (shared->is_latest()) {
    documents_.put(shared->name, shared->to_record());
    functions_[shared->name] = shared;
  } else {
    version_documents_.put(version_id(*shared), shared->to_record());
    versions_[shared->name][shared->number()] = shared;
  }
  return shared;
}

FunctionPtr FunctionTable::publish(Function latest, Function version) {
  store::WriteBatch batch;
  documents_.put(batch, latest.name, latest.to_record());
  version_documents_.put(batch, version_id(version), version.to_record());
  store_.write(std::move(batch));
  const auto now = std::make_shared<const Function>(std::move(latest));
  auto published = std::make_shared<const Function>(std::move(version));
  functions_[now->name] = now;
  versions_[published->name][published->number()] = published;
  return published;
}

void FunctionTable::erase(const std::string& name) {
  store::WriteBatch batch;
  documents_.erase(batch, name);
  for (const auto& [number, version] : versions(name)) {
    version_documents_.erase(batch, version_id(*version));
  }
  for (const QualifiedRecords* each : {&aliases_, &async_settings_, &urls_}) {
    each->erase(batch, name);
  }
  store_.write(std::move(batch));
  functions_.erase(name);
  versions_.erase(name);
  for (QualifiedRecords* each : {&aliases_, &async_settings_, &urls_}) each->forget(name);
}

void FunctionTable::erase_version(const Function& version) {
  const std::string name = version.name;
  const std::string qualifier = version.version;
  const std::int64_t number = version.number();
  store::WriteBatch batch;
  version_documents_.erase(batch, version_id(version));
  async_settings_.erase(batch, name, qualifier);
  store_.write(std::move(batch));
  async_settings_.forget(name, qualifier);
  const auto found = versions_.find(name);
  if (found != versions_.end()) found->second.erase(number);
}

void FunctionTable::erase_alias(const std::string& name, const std::string& alias) {
  if (aliases_.find(name, alias) == nullptr) return;
  store::WriteBatch batch;
  for (const QualifiedRecords* each : {&aliases_, &async_settings_, &urls_}) {
    each->erase(batch, name, alias);
  }
  store_.write(std::move(batch));
  for (QualifiedRecords* each : {&aliases_, &async_settings_, &urls_}) each->forget(name, alias);
}

void FunctionTable::clear() {
  for (QualifiedRecords* each : {&aliases_, &async_settings_, &urls_}) each->clear();
  functions_.clear();
  versions_.clear();
}

const FunctionTable::Versions& FunctionTable::versions(const std::string& name) const {
  static const Versions kNone;
  const auto found = versions_.find(name);
  return found == versions_.end() ? kNone : found->second;
}

std::vector<FunctionPtr> FunctionTable::everything() const {
  std::vector<FunctionPtr> all;
  for (const auto& [name, function] : functions_) {
    all.push_back(function);
    for (const auto& [number, version] : versions(name)) all.push_back(version);
  }
  return all;
}

bool FunctionTable::uses_code(const std::string& code_id) const {
  const auto all = everything();
  return std::any_of(all.begin(), all.end(),
                     [&](const FunctionPtr& each) { return each->uses_code(code_id); });
}

int FunctionTable::reserved_elsewhere(const std::string& name) const {
  int sum = 0;
  for (const auto& [other, function] : functions_) {
    if (other != name) sum += function->reserved_concurrency.value_or(0);
  }
  return sum;
}

}  // namespace tandem::lambda
