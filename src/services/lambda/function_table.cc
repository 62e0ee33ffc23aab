#include "services/lambda/function_table.h"

#include <utility>

namespace tandem::lambda {

FunctionTable::FunctionTable(store::Store& store) : documents_(store, "function") {
  for (auto& [name, record] : documents_.list()) {
    functions_[name] = std::make_shared<const Function>(Function::from_record(record));
  }
}

FunctionPtr FunctionTable::find(const std::string& name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : found->second;
}

FunctionPtr FunctionTable::put(Function function) {
  documents_.put(function.name, function.to_record());
  auto shared = std::make_shared<const Function>(std::move(function));
  functions_[shared->name] = shared;
  return shared;
}

void FunctionTable::erase(const std::string& name) {
  documents_.erase(name);
  functions_.erase(name);
}

int FunctionTable::reserved_elsewhere(const std::string& name) const {
  int sum = 0;
  for (const auto& [other, function] : functions_) {
    if (other != name) sum += function->reserved_concurrency.value_or(0);
  }
  return sum;
}

}  // namespace tandem::lambda
