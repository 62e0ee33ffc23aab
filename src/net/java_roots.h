// The file in which Java keeps the certificates it trusts, in the form that every Java reads: "JKS"
// (sun.security.provider.JavaKeyStore of OpenJDK has the layout in its comments).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem::net {

/// The store with one certificate more. Nothing when it is no such store ("PKCS12", say). Whatever
/// password it had, its digest is of "changeit" afterwards, which Java comes with. Throws
/// std::runtime_error when pem is no certificate.
std::optional<std::string> with_java_root(std::string_view store, std::string_view pem);

}  // namespace tandem::net
