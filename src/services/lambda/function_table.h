// The region's functions with their published versions, and what belongs to them: records in the
// store, held in memory for the invocation path.
#pragma once

#include <map>
#include <string>

#include "core/random.h"
#include "services/lambda/model/function.h"
#include "services/lambda/qualified_records.h"
#include "store/documents.h"

namespace tandem::lambda {

class FunctionTable {
 public:
  /// By number.
  using Versions = std::map<std::int64_t, FunctionPtr>;

  /// Borrows the store and reads what it holds.
  explicit FunctionTable(store::Store& store);

  /// $LATEST. Null when there is no such function.
  FunctionPtr find(const std::string& name) const;
  /// What a qualifier means: nothing and "$LATEST", a version's number, or an alias, which means
  /// its first version. Null when there is none.
  FunctionPtr find(const std::string& name, const std::string& qualifier) const;
  /// The same for an invocation: of an alias's two versions one is drawn.
  FunctionPtr draw(const std::string& name, const std::string& qualifier,
                   core::Random& random) const;
  /// The version that stands for the record with the same key, as it is now.
  FunctionPtr find_again(const Function& function) const {
    return find(function.name, function.version);
  }

  /// $LATEST, or a version that is there.
  FunctionPtr put(Function function);
  /// $LATEST and a version made of it: both, or neither.
  FunctionPtr publish(Function latest, Function version);
  /// With all that belongs to it.
  void erase(const std::string& name);
  void erase_version(const Function& version);
  /// Nothing happens when there is none.
  void erase_alias(const std::string& name, const std::string& alias);
  /// Forgets what is in memory; the store was emptied.
  void clear();

  /// Every function's $LATEST, by name.
  const std::map<std::string, FunctionPtr>& all() const { return functions_; }
  const Versions& versions(const std::string& name) const;
  /// Of asynchronous invocations (model/async_settings.h); $LATEST's by that name.
  QualifiedRecords& async_settings() { return async_settings_; }
  const QualifiedRecords& async_settings() const { return async_settings_; }
  /// Function URLs (api/urls.cc); $LATEST's by that name.
  QualifiedRecords& urls() { return urls_; }
  const QualifiedRecords& urls() const { return urls_; }
  /// Alias (model/alias.h), with its policy.
  QualifiedRecords& aliases() { return aliases_; }
  const QualifiedRecords& aliases() const { return aliases_; }
  /// $LATEST and the versions of all functions.
  std::vector<FunctionPtr> everything() const;
  /// Whether any of them has this code.
  bool uses_code(const std::string& code_id) const;
  /// Sum of the concurrency that functions other than this one have reserved.
  int reserved_elsewhere(const std::string& name) const;

 private:
  FunctionPtr find_version(const std::string& name, const std::string& version) const;
  store::Store& store_;
  store::Documents documents_;
  store::Documents version_documents_;
  QualifiedRecords aliases_;
  QualifiedRecords async_settings_;
  QualifiedRecords urls_;
  std::map<std::string, FunctionPtr> functions_;
  std::map<std::string, Versions> versions_;
};

}  // namespace tandem::lambda
