// The tokens of a JSON text, and where each of them left the reader.
//
// EventBridge compiles patterns with event-ruler (github.com/aws/event-ruler), which reads them
// through Jackson's streaming parser; its complaints tell the place that parser had come to:
// "… at [Source: (String)"<text>"; line: 1, column: 11]". So the habits of that parser are kept: a
// name is read together with its colon and the start of its value, a text only up to its opening
// quote until somebody wants it.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::events {

/// Why a pattern is refused, as the service says it after "Reason: ".
struct PatternError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class JsonTokens {
 public:
  enum class Kind {
    kStartObject,
    kEndObject,
    kStartArray,
    kEndArray,
    kName,
    kString,
    kNumber,
    kTrue,
    kFalse,
    kNull,
    kEnd,  ///< of the text
  };

  /// Borrows text.
  explicit JsonTokens(std::string_view text) : text_(text) {}

  /// Throws PatternError for what is not JSON.
  Kind next();
  /// The name, the text's characters, the number's digits or the literal.
  const std::string& text();
  static bool is_scalar(Kind kind);

  /// Throws PatternError with the place.
  [[noreturn]] void fail(std::string_view message) const;
  /// The same about a complaint that has told its place once already.
  [[noreturn]] void fail_again(std::string_view message) const;
  /// Nothing but space may follow. Throws PatternError.
  void expect_end();

 private:
  enum class Frame { kObject, kArray };
  Kind begin_value();
  Kind name();
  Kind close(Kind kind);
  void read_string();
  void read_number();
  void read_literal();
  void read_escape(std::string& out);
  unsigned hex_digits();
  void skip_space();
  void separator();
  std::string place(std::size_t offset) const;
  [[noreturn]] void fail_at(std::string_view message, std::size_t offset) const;
  [[noreturn]] void unexpected(std::string_view wanted);

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Frame> frames_;
  std::vector<std::size_t> starts_;  ///< of the frames
  Kind token_ = Kind::kEnd;
  Kind value_ = Kind::kEnd;  ///< begun behind a name
  bool value_begun_ = false;
  bool first_ = true;  ///< nothing stands in the innermost frame yet
  bool lazy_ = false;  ///< the text behind the opening quote has not been read
  std::string token_text_;
  std::string value_text_;
};

}  // namespace tandem::events
