// A pull reader over one JSON text for requests and stored items: straight from bytes to typed
// values, one pass, no document in between. What is wrong with the text or with a type is
// DynamoDB's SerializationException, thrown as ApiError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "aws/error.h"

namespace tandem::dynamodb {

/// Malformed JSON: DynamoDB sends this error without a message.
aws::ApiError malformed_json();
aws::ApiError serialization_error(std::string message);

/// The names AWS's messages use for what was expected.
struct Expected {
  std::string_view scalar;      ///< "String", "Integer" …
  std::string_view collection;  ///< what follows "Unrecognized collection type "
};
inline constexpr Expected kExpectString{"String", "class java.lang.String"};
inline constexpr Expected kExpectInteger{"Integer", "class java.lang.Integer"};
inline constexpr Expected kExpectBoolean{"Boolean", "class java.lang.Boolean"};

class JsonReader {
 public:
  enum class Kind : std::uint8_t { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull };

  /// text outlives the reader. Unless trusted, throws malformed_json when text is not UTF-8.
  enum class Trust { kUntrusted, kTrusted };
  explicit JsonReader(std::string_view text, Trust trust = Trust::kUntrusted);

  /// Kind of the next value; throws when there is none.
  Kind peek();

  /// Calls member(name) for each; member must consume the value. name is valid during the call.
  template <class Member>
  void object(Member&& member) {
    enter('{');
    if (leave_empty('}')) return;
    do {
      std::string storage;
      const std::string_view name = raw_string(storage);
      expect(':');
      member(name);
    } while (more('}'));
  }
  template <class Element>
  void array(Element&& element) {
    enter('[');
    if (leave_empty(']')) return;
    do {
      element();
    } while (more(']'));
  }

  /// The text of a string, unescaped. A view into the input, or into storage when it had escapes.
  std::string_view raw_string(std::string& storage);
  /// A number as it is written.
  std::string_view raw_number();
  /// Consumes true, false or null.
  void literal(Kind kind);
  /// Any value.
  void skip();
  /// True after consuming a null.
  bool take_null();

  // Typed members of requests: throw SerializationException in AWS's words for other types.
  std::string string(Expected expected = kExpectString);
  std::int64_t integer(Expected expected = kExpectInteger);
  bool boolean();
  /// Throws unless the next value is an object (array). collection as in Expected.
  void require_object(std::string_view collection);
  void require_array();

  /// Throws when anything but white space is left.
  void finish();
  std::size_t position() const { return at_; }

 private:
  /// Deeper nesting than any request has a use for; bounds recursion.
  static constexpr int kMaxDepth = 1000;

  void skip_space();
  char next_char();
  void expect(char c);
  void enter(char open);
  bool leave_empty(char close);
  bool more(char close);
  void unescape(std::string& out);
  std::uint32_t hex4();

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

/// Appends text as a JSON string with its quotes, escaping what RFC 8259 §7 requires.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tandem::dynamodb
