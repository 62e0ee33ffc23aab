// The service's records: one collection of documents per resource type, children keyed
// "<parent>/<id>" so that a prefix lists them (docs/formats/apigateway.md). Each document is the
// operation's output shape plus the members named here.
//
//   deployments  + "snapshot": {"resources": [Resource with methods], "gatewayResponses",
//                  "models", "requestValidators", "authorizers", "binaryMediaTypes",
//                  "apiKeySource", "disableExecuteApiEndpoint"}, what the data plane serves
//   plans        + "createdDate", which dates the first quota period
//   plan_keys    {"keyId"}
//   usage        {"period": first day of the period as days since 1970, "used": n}
#pragma once

#include <string>
#include <string_view>

#include "store/documents.h"
#include "store/store.h"

namespace tandem::apigateway {

class Records {
 public:
  /// Borrows store.
  explicit Records(store::Store& store);

  store::Documents apis;               ///< "<api>"
  store::Documents resources;          ///< "<api>/<resource>"
  store::Documents gateway_responses;  ///< "<api>/<response type>"
  store::Documents models;             ///< "<api>/<name>"; "<api>" once it has had its first
  store::Documents validators;         ///< "<api>/<request validator>"
  store::Documents authorizers;        ///< "<api>/<authorizer>"
  store::Documents deployments;        ///< "<api>/<deployment>"
  store::Documents stages;             ///< "<api>/<stage>"
  store::Documents keys;               ///< "<key>"
  store::Documents plans;              ///< "<plan>"
  store::Documents plan_keys;          ///< "<plan>/<key>"
  store::Documents domains;            ///< "<domain>"
  store::Documents mappings;           ///< "<domain>/<base path>", "(none)" for the empty one
  store::Documents usage;              ///< "<plan>/<key>"
  store::Documents settings;           ///< "account": {"cloudwatchRoleArn"}

  void commit(store::WriteBatch batch) { store_.write(std::move(batch)); }

 private:
  store::Store& store_;
};

/// The key of a child record; with an empty id, the prefix of all children.
inline std::string child_key(std::string_view parent, std::string_view id = "") {
  std::string key(parent);
  key += '/';
  key += id;
  return key;
}

/// Adds the erasure of every record whose key starts with prefix.
void erase_all(store::WriteBatch& batch, const store::Documents& from, std::string_view prefix);

}  // namespace tandem::apigateway
