// What every command is made of. One file a command; the list of them is commands.h.
//
// Exit codes: 0 done, 1 it failed (the reason is on standard error), 2 the command line or
// tandem.yaml is wrong or what it asks for is refused, 3 the thing asked about is not running, 4
// 'plan --detailed-exitcode' found something to change.
//
// With --output json standard output is one document whatever comes of it: the command's own, or
// {"error": {"message", "exitCode"}} with what is known besides. Standard error is for people.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/json.h"

namespace CLI {
class App;
}

namespace tandem::cli {

enum class Format { kText, kJson };

/// Options every command has.
struct Common {
  std::filesystem::path file = "tandem.yaml";
  std::string output = "text";
  Format format() const { return output == "json" ? Format::kJson : Format::kText; }
};

/// A failure with its exit code; the message says what to do next. details are members that
/// --output json shows beside the message.
struct Failure : std::runtime_error {
  Failure(int code, const std::string& message, json::object more = {})
      : std::runtime_error(message), exit_code(code), details(std::move(more)) {}
  int exit_code;
  json::object details;
};
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNotRunning = 3;

/// As one word of a shell's command line, quoted when it has to be.
std::string shell_word(const std::string& text);

/// True when standard output (or error) is a terminal: only then colours and moving lines.
bool on_terminal(int descriptor);

/// Lines up columns; the first row is the heading.
std::string table(std::vector<std::vector<std::string>> rows);
/// Harmlessly (cli/harmless.h), as everything here does but print_exactly(): much of what is shown
/// was written by functions, services and servers.
void print(const std::string& text);
/// For what another program reads: the bytes as they are.
void print_exactly(const std::string& text);
void print_json(const json::value& document);
/// To standard error: progress and remarks, so that standard output stays the answer.
void remark(std::string_view text);

}  // namespace tandem::cli
