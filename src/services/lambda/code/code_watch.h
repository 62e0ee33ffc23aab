// Whether the unpacked packages on disk are still what was unpacked. A disk, a person or a copy of
// a folder may have lost or damaged one, and then the platform is at fault, not the package.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/task.h"
#include "services/lambda/model/function.h"

namespace tandem::lambda {

/// Of names, kinds, sizes and modes of all that is below the folder: quick. Empty when there is no
/// folder. Throws std::filesystem::filesystem_error.
std::string outline_of(const std::filesystem::path& folder);
/// Of the contents, too. Reads everything.
std::string digest_of(const std::filesystem::path& folder);

/// Loop thread only.
class CodeWatch {
 public:
  /// Borrows pool.
  CodeWatch(core::Workers& pool, std::filesystem::path code_folder)
      : pool_(pool), folder_(std::move(code_folder)) {}

  /// Looks at the outline, here and now: for the start, when nobody is served yet.
  void look(const Function& function);
  /// The same on the pool. Returns what damage_of() does then.
  Task<std::string> look_again(FunctionPtr function);
  /// Reads everything, one package after the other. Says whose contents are not what was deployed:
  /// an instance may have started on them meanwhile, for their outline is right.
  Task<void> read_all(std::vector<FunctionPtr> functions,
                      std::function<void(const Function& function)> damaged);

  /// What is wrong with a function's code as last looked at, a sentence with the way out; empty
  /// when nothing is known to be.
  std::string damage_of(const Function& function) const;
  /// The code has gone with its function, or has been replaced.
  void forget(const std::string& code_id) { damaged_.erase(code_id); }
  void clear() { damaged_.clear(); }

 private:
  enum class Damage { kNone, kMissing, kChanged, kContents };
  void note(const Function& function, Damage damage);

  core::Workers& pool_;
  std::filesystem::path folder_;
  std::map<std::string, Damage> damaged_;  ///< by code id
};

}  // namespace tandem::lambda
