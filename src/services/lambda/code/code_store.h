// Unpacked deployment packages on disk, one folder each, named by a random id. Packages are
// unpacked on the pool; nothing here blocks the loop.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "core/random.h"
#include "core/task.h"
#include "services/lambda/exec/host.h"

namespace tandem::lambda {

struct CodePackage {
  std::string code_id;
  std::string sha256;  ///< of the archive, base64
  std::int64_t size = 0;
  std::string outline;  ///< of the unpacked files (code_watch.h)
  std::string digest;
};

class CodeStore {
 public:
  explicit CodeStore(Host& host) : host_(host) {}

  /// Throws InvalidParameterValueException as unzip() does, and for code that is made for another
  /// machine, when architecture is not this machine's.
  Task<CodePackage> unpack(std::string archive, std::string architecture);
  /// The same checks and figures, without keeping anything.
  Task<CodePackage> inspect(std::string archive, std::string architecture);

  /// The package is to go once no instance uses it.
  void discard(const std::string& code_id) { discarded_.insert(code_id); }
  /// The folder is empty.
  void forget() { discarded_.clear(); }
  /// Removes discarded packages that are not in use.
  Task<void> sweep(std::function<bool(const std::string& code_id)> in_use);
  /// At start: removes what no function refers to.
  void remove_unknown(const std::set<std::string>& known);

 private:
  Host& host_;
  std::set<std::string> discarded_;
};

}  // namespace tandem::lambda
