// What AWS calls an exception, as one C++ exception. Thrown through named factories (each service
// has its own beside its operations), caught once, where the request is dispatched, and rendered
// in the protocol the client speaks.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "core/json.h"

namespace tandem::aws {

class ApiError : public std::exception {
 public:
  /// code is AWS's error code ("ResourceNotFoundException"), message AWS's text.
  ApiError(int status, std::string code, std::string message)
      : status_(status), code_(std::move(code)), message_(std::move(message)) {}

  /// Adds a member of the error's shape beside the message, such as CancellationReasons.
  ApiError with(std::string_view member, json::value value) && {
    members_[member] = std::move(value);
    return std::move(*this);
  }

  int status() const { return status_; }
  const std::string& code() const { return code_; }
  const std::string& message() const { return message_; }
  const json::object& members() const { return members_; }
  const char* what() const noexcept override { return message_.c_str(); }

  /// 400 ValidationException: the JSON services' word for bad input.
  static ApiError validation_exception(std::string message) {
    return {400, "ValidationException", std::move(message)};
  }
  static ApiError access_denied(std::string message) {
    return {403, "AccessDeniedException", std::move(message)};
  }

 private:
  int status_;
  std::string code_;
  std::string message_;
  json::object members_;
};

}  // namespace tandem::aws
