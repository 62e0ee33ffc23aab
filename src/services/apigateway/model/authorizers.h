// What an authorizer may say of itself, and where it finds who calls.
#pragma once

#include <memory>
#include <re2/re2.h>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace tandem::apigateway {

inline constexpr std::int64_t kDefaultAuthorizerTtlS = 300;
inline constexpr std::int64_t kMostAuthorizerTtlS = 3600;

/// One part of an identitySource.
struct IdentitySource {
  enum class From { kHeader, kQuery, kStageVariable, kContext };
  From from;
  std::string name;
};
/// "method.request.header.A, stageVariables.b". Throws BadRequestException.
std::vector<IdentitySource> parse_identity_sources(std::string_view text);

/// Of a record: its sources, TOKEN's default being the Authorization header.
std::vector<IdentitySource> identity_sources_of(const json::object& authorizer);
std::int64_t ttl_of(const json::object& authorizer);
/// Null when there is none.
std::shared_ptr<const re2::RE2> token_expression_of(const json::object& authorizer);

/// Throws BadRequestException for what CreateAuthorizer and UpdateAuthorizer refuse, and names what
/// is not implemented.
void check_authorizer(const json::object& authorizer, std::string_view region);

}  // namespace tandem::apigateway
