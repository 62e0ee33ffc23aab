// Parsed<T>: what parsing untrusted bytes returns. Either a value, or where and why it failed.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "core/check.h"

namespace tandem::core {

struct ParseError {
  std::string message;
  std::size_t offset = 0;  ///< bytes into the input
};

template <class T>
class Parsed {
 public:
  Parsed(T value) : state_(std::move(value)) {}           // NOLINT: implicit by design
  Parsed(ParseError error) : state_(std::move(error)) {}  // NOLINT: implicit by design

  [[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  const T& value() const& {
    CHECK(ok());
    return std::get<T>(state_);
  }
  T&& value() && {
    CHECK(ok());
    return std::get<T>(std::move(state_));
  }
  const ParseError& error() const {
    CHECK(!ok());
    return std::get<ParseError>(state_);
  }

 private:
  std::variant<T, ParseError> state_;
};

}  // namespace tandem::core
