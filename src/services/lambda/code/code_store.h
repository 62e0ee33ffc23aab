// Deployment packages on disk: of each a folder of what was unpacked, named by a random id, and
// beside it the archive itself (archive.h), which comes and goes with the folder. Packages are
// unpacked on the pool; nothing here blocks the loop.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "core/random.h"
#include "core/task.h"
#include "net/body.h"
#include "services/lambda/code/archive.h"
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
  CodeStore(Host& host, Flush flush) : host_(host), flush_(flush) {}

  /// Throws InvalidParameterValueException as unzip() does, and for code that is made for another
  /// machine, when architecture is not this machine's.
  Task<CodePackage> unpack(std::string archive, std::string architecture);
  /// The same checks and figures, without keeping anything.
  Task<CodePackage> inspect(std::string archive, std::string architecture);

  /// Whether the archive is here: packages of older data folders have none, and a disk may have
  /// lost or cut one.
  Task<bool> has_archive(std::string code_id, std::int64_t size);
  /// As open_archive() does.
  Task<std::shared_ptr<net::BodySource>> open(std::string code_id, std::int64_t size,
                                              std::string sha256);

  /// The package is to go once no instance uses it.
  void discard(const std::string& code_id) { discarded_.insert(code_id); }
  /// The folder is empty.
  void forget() { discarded_.clear(); }
  /// Removes discarded packages that are not in use.
  Task<void> sweep(std::function<bool(const std::string& code_id)> in_use);
  /// At start: removes what no function refers to.
  void remove_unknown(const std::set<std::string>& known);

 private:
  enum class Keep { kFolder, kBoth };
  Task<CodePackage> unpack(std::string archive, std::string architecture, Keep keep);

  Host& host_;
  Flush flush_;
  std::set<std::string> discarded_;
};

}  // namespace tandem::lambda
