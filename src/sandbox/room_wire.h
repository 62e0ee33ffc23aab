// What is said between a region and the first process of a build's room, and between that process
// and its shells. Pure: whatever comes from inside may be anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::sandbox {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// A message: four bytes of length (little endian), one that says what it is, and fields that end
/// in a zero byte each.
struct RoomMessage {
  enum class Kind : char {
    kStart = 's',    ///< to it: shell, interpreter, user, folder, then NAME=value …
    kCommand = 'c',  ///< to it: shell, text, mark
    kFinish = 'f',   ///< to it: shell; it gets no further command
    kBorn = 'b',     ///< from its builder: its process number outside
    kReady = 'r',    ///< from it, once
    kReport = 'p',   ///< from it: shell, then what that has said (Report)
    kEnded = 'e',    ///< from it: shell, code, signal
  };
  Kind kind = Kind::kReady;
  std::vector<std::string> fields;

  std::string text() const;
  /// Of the fields from that one on.
  Variables variables(std::size_t first) const;
};

/// Takes the stream apart again.
class RoomReader {
 public:
  /// Everything a message may hold; an environment is 2 MB at most (execve(2)), a command less.
  static constexpr std::size_t kMost = 8 * 1024 * 1024;

  void add(std::string_view bytes) { held_ += bytes; }
  /// Nothing: more is needed.
  std::optional<RoomMessage> next();
  /// What has come is none of ours; there is no going on.
  bool broken() const { return broken_; }

 private:
  std::string held_;
  bool broken_ = false;
};

/// What a shell says after each command.
struct Report {
  int code = 0;
  std::string folder;  ///< empty: it is gone
  /// Nothing: they could not be told (env is gone, or there are too many).
  std::optional<Variables> variables;
};
/// Of what has come to the place where shells report, the fields of the report with that mark, when
/// it is whole. What comes before it is anybody's, and is dropped. An environment that is too large
/// is left out.
std::optional<std::vector<std::string>> take_report(std::string& held, std::string_view mark);
std::optional<Report> parse_report(const std::vector<std::string>& fields, std::size_t first);

/// Whether a shell can have a variable of that name.
bool is_variable_name(std::string_view name);
std::string quote_for_shell(std::string_view text);
/// What a shell is given to read, for one command: the shell itself goes on with what comes next
/// whatever the command's text is, as long as it lives. report: the path where it says how it was,
/// with that mark.
std::string command_script(std::string_view text, const Variables& variables,
                           std::string_view report, std::string_view mark);

}  // namespace tandem::sandbox
