// What a custom resource's function answers (User Guide, "Custom resource response objects"). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::cloudformation {

/// User Guide, "Understand CloudFormation quotas": custom resource response.
inline constexpr std::size_t kMostResponseBytes = 4'096;

/// Of a custom resource's attributes: where its response is, beside what it told. No key of Data is
/// asked for by it.
inline constexpr std::string_view kResponseAttribute = "#";

/// Who is meant: what the response must repeat.
struct CustomRequestIds {
  std::string stack_id;
  std::string logical_id;
  std::string request_id;
};

struct CustomResponse {
  bool succeeded = false;
  std::string physical_id;  ///< also of a failure, when it gave one
  std::string failure;      ///< AWS's text; empty when it succeeded
  bool no_echo = false;
  json::object data;  ///< scalars as texts
};

/// Whatever is wrong with it is a failure.
CustomResponse read_custom_response(std::string_view body, const CustomRequestIds& ids);

/// What is signalled to a wait condition's handle.
struct WaitSignal {
  bool succeeded = false;
  std::string reason;
  std::string unique_id;
  std::string data;
};
/// Nothing when it is none (User Guide, "Wait condition signal JSON format").
std::optional<WaitSignal> read_wait_signal(std::string_view body);

/// As custom resources get their properties: numbers and booleans are texts.
json::value with_texts(const json::value& value);

}  // namespace tandem::cloudformation
