#include "services/lambda/qualified_records.h"

#include "store/store.h"

namespace tandem::lambda {
namespace {

std::string id_of(const std::string& function, const std::string& qualifier) {
  return function + ':' + qualifier;
}

}  // namespace

QualifiedRecords::QualifiedRecords(store::Store& store, std::string_view collection)
    : documents_(store, collection) {
  for (auto& [id, record] : documents_.list()) records_.emplace(id, std::move(record));
}

const json::object* QualifiedRecords::find(const std::string& function,
                                           const std::string& qualifier) const {
  const auto found = records_.find(id_of(function, qualifier));
  return found == records_.end() ? nullptr : &found->second;
}

void QualifiedRecords::put(const std::string& function, const std::string& qualifier,
                           json::object record) {
  const std::string id = id_of(function, qualifier);
  documents_.put(id, record);
  records_[id] = std::move(record);
}

void QualifiedRecords::erase(const std::string& function, const std::string& qualifier) {
  documents_.erase(id_of(function, qualifier));
  forget(function, qualifier);
}

QualifiedRecords::Rows QualifiedRecords::of(const std::string& function) const {
  Rows rows;
  const std::string prefix = id_of(function, "");
  for (auto each = records_.lower_bound(prefix);
       each != records_.end() && each->first.starts_with(prefix); ++each) {
    rows.emplace_back(each->first.substr(prefix.size()), &each->second);
  }
  return rows;
}

void QualifiedRecords::erase(store::WriteBatch& batch, const std::string& function) const {
  for (const auto& [qualifier, record] : of(function)) erase(batch, function, qualifier);
}

void QualifiedRecords::erase(store::WriteBatch& batch, const std::string& function,
                             const std::string& qualifier) const {
  documents_.erase(batch, id_of(function, qualifier));
}

void QualifiedRecords::forget(const std::string& function) {
  const std::string prefix = id_of(function, "");
  for (auto each = records_.lower_bound(prefix);
       each != records_.end() && each->first.starts_with(prefix);) {
    each = records_.erase(each);
  }
}

void QualifiedRecords::forget(const std::string& function, const std::string& qualifier) {
  records_.erase(id_of(function, qualifier));
}

}  // namespace tandem::lambda
