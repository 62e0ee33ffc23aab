// The interpreters that stand in for AWS's: found on this machine or as tandem.yaml says, asked
// what they are, and what of them a cell has to see.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/task.h"
#include "services/lambda/model/runtimes.h"
#include "services/lambda/ports.h"

namespace tandem::lambda {

struct RuntimeProgram {
  std::string version;            ///< "20.11.1"
  std::filesystem::path program;  ///< the file itself, links followed
  std::filesystem::path library;  ///< Python's standard library; empty for others
  std::filesystem::path asked;    ///< how it was named or found
  std::vector<std::string> known_flags;
  /// Shared libraries it and its library load: where the loader looks for them.
  std::vector<std::filesystem::path> shared;
  /// Why there is none, and what to do about it; the rest is empty then.
  std::string absent;

  LanguageVersion language() const;
};

/// Files and folders outside, and where they are inside.
using Views = std::vector<std::pair<std::filesystem::path, std::string>>;
/// Links are followed; what is not there is left out.
void add_view(Views& views, const std::filesystem::path& outside, std::string inside);

class RuntimePrograms {
 public:
  /// Clients are written to folder at start(). Borrows pool.
  RuntimePrograms(core::Workers& pool, std::filesystem::path folder, RuntimeSettings settings);

  /// Writes the clients' files. Throws std::system_error.
  void start();

  /// The program for a runtime of Node.js or Python. Looks again when the file has changed, or when
  /// there was none. Does not throw.
  Task<std::shared_ptr<const RuntimeProgram>> find(RuntimeImage image);

  /// What the runtime adds to a cell: interpreter, client, preinstalled SDK. Blocking.
  Views views(const RuntimeImage& image, const RuntimeProgram& program) const;
  /// What the client is told of its runtime: a JSON text.
  static std::string about(const RuntimeImage& image);
  /// Says which other version a function of this runtime runs on; empty when it is none. The
  /// region's log says it once. today: "2026-11-30".
  std::string mapping(const RuntimeImage& image, const RuntimeProgram& program,
                      std::string_view today);
  /// Inside: the program and its arguments.
  static std::vector<std::string> command(const RuntimeImage& image,
                                          const std::vector<std::string>& flags);
  sandbox::Root root() const { return settings_.root; }
  /// What a bootstrap of the function's own finds in a strict cell: the C and C++ libraries, TLS
  /// and a shell, as in AWS's image. Nothing when it sees the machine's anyway.
  Task<Views> views_of_provided();

 private:
  struct Known {
    std::shared_ptr<const RuntimeProgram> program;
    std::filesystem::file_time_type changed;
  };
  std::string named(const RuntimeImage& image) const;
  Views sdk_views(const RuntimeImage& image, const RuntimeProgram& program) const;

  core::Workers& pool_;
  std::filesystem::path folder_;
  RuntimeSettings settings_;
  std::map<std::string, Known> known_;  ///< by how it was named
  std::set<std::string> said_;
  Views provided_;
};

}  // namespace tandem::lambda
