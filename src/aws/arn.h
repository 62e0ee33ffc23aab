// Amazon Resource Names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem::aws {

struct Arn {
  std::string partition;  ///< "aws"
  std::string service;
  std::string region;    ///< empty for global services
  std::string account;   ///< may be empty (S3, API Gateway)
  std::string resource;  ///< everything after the fifth colon

  static std::optional<Arn> parse(std::string_view text);
  std::string text() const;
};

/// "arn:aws:<service>:<region>:<account>:<resource>".
std::string make_arn(std::string_view service, std::string_view region, std::string_view account,
                     std::string_view resource);

}  // namespace tandem::aws
