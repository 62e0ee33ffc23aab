// The region's functions: records in the store, held in memory for the invocation path.
#pragma once

#include <map>
#include <string>

#include "services/lambda/model/function.h"
#include "store/documents.h"

namespace tandem::lambda {

class FunctionTable {
 public:
  /// Borrows the store and reads what it holds.
  explicit FunctionTable(store::Store& store);

  /// Null when there is none.
  FunctionPtr find(const std::string& name) const;
  FunctionPtr put(Function function);
  void erase(const std::string& name);
  /// Forgets what is in memory; the store was emptied.
  void clear() { functions_.clear(); }

  /// By name.
  const std::map<std::string, FunctionPtr>& all() const { return functions_; }
  /// Sum of the concurrency that functions other than this one have reserved.
  int reserved_elsewhere(const std::string& name) const;

 private:
  store::Documents documents_;
  std::map<std::string, FunctionPtr> functions_;
};

}  // namespace tandem::lambda
