// The runtimes of Lambda, a row each: what a function's Runtime may be, and what it means here. A
// new runtime is a new row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::lambda {

enum class RuntimeFamily { kProvided, kNode, kPython };

struct RuntimeImage {
  std::string_view name;  ///< "nodejs20.x"
  RuntimeFamily family;
  int major = 0;  ///< of the language
  int minor = 0;
  /// When AWS retired it or will, and since when it takes no update: "2026-04-30". Empty: not
  /// known.
  std::string_view deprecated;
  std::string_view blocked;
  /// Which ways the client in runtime/ keeps to: "nodejs", "nodejs24" or "python".
  std::string_view dialect;
  /// What AWS preinstalls: "aws-sdk", "@aws-sdk" or "boto3".
  std::string_view sdk;
};

/// A runtime that functions can have; null for all others.
const RuntimeImage* find_runtime(std::string_view name);
/// Whether it has a client of ours, and no bootstrap of the function's own.
bool is_managed(std::string_view name);
/// Throws for a runtime that Lambda does not know (AWS's text) or that is not served here (refused
/// by name).
void check_runtime(std::string_view runtime);

/// "Node.js", "Python"; how messages and tandem.yaml ("nodejs") name a family.
std::string_view language_of(RuntimeFamily family);
std::string_view key_of(RuntimeFamily family);

/// A version of the program that stands in for the runtime's own: {20, 11}.
struct LanguageVersion {
  int major = 0;
  int minor = 0;
};
/// Whether it is that version, by what counts in the language.
bool is_version(const RuntimeImage& image, LanguageVersion version);

/// What a function's process is started with, beside what all runtimes have.
struct RuntimeLaunch {
  std::vector<std::string> flags;  ///< of the interpreter
  /// A function's own variables of these names come before them.
  std::vector<std::pair<std::string, std::string>> environment;
};
/// options: the function's NODE_OPTIONS. known: further flags that the program knows.
RuntimeLaunch launch_of(const RuntimeImage& image, int memory_mb, std::string_view options,
                        const std::vector<std::string>& known);

}  // namespace tandem::lambda
