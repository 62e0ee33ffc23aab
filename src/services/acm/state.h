// What the operations share.
#pragma once

#include "net/tls.h"
#include "service/environment.h"
#include "service/operation.h"
#include "services/acm/ports.h"
#include "services/acm/store/certificates.h"

namespace tandem::acm {

struct State {
  State(service::Environment given, const net::LocalCa& authority)
      : environment(std::move(given)),
        ca(authority),
        certificates(environment.store, environment.folder) {}

  service::Environment environment;
  const net::LocalCa& ca;
  Certificates certificates;
  CertificateUsers* users = nullptr;
};

using service::Reply;
using service::RequestContext;

/// "arn:aws:acm:<region>:<account>:certificate/<id>".
std::string arn_of(const State& state, std::string_view id);
/// The id of one of our ARNs; InvalidArnException for what is no certificate's ARN,
/// ResourceNotFoundException for another region's or account's.
std::string id_of(const State& state, const std::string& arn);
/// Throws ResourceNotFoundException.
json::object need_certificate(const State& state, const std::string& arn);
std::vector<std::string> users_of(const State& state, const std::string& arn);

/// Adds the input's tags to record's; checks keys and number.
void add_tags(json::object& record, const json::object& input, const RequestContext& context);

// request.cc
Task<Reply> request_certificate(State& state, RequestContext& context, json::object input);
// import.cc
Reply import_certificate(State& state, RequestContext& context, const json::object& input);
// certificates.cc
Reply describe_certificate(State& state, RequestContext& context, const json::object& input);
Reply get_certificate(State& state, RequestContext& context, const json::object& input);
Reply delete_certificate(State& state, RequestContext& context, const json::object& input);
// list.cc
Reply list_certificates(State& state, RequestContext& context, const json::object& input);
// tags.cc
Reply add_tags_to_certificate(State& state, RequestContext& context, const json::object& input);
Reply list_tags_for_certificate(State& state, RequestContext& context, const json::object& input);
Reply remove_tags_from_certificate(State& state, RequestContext& context,
                                   const json::object& input);

// mend.cc
/// Issues anew what cannot be presented any more because its key or the authority is another one or
/// lost; says of imported certificates that they have to be imported again. Blocks.
void mend_certificates(State& state);

struct CertificateFacts;
/// The record's members that the certificate itself tells.
json::object facts_document(const CertificateFacts& facts);
/// As ACM shows it, which asks for RSA_2048 and tells of RSA-2048.
std::string shown_algorithm(const json::object& record);
/// The record's status now: an imported or issued certificate may have expired.
std::string status_of(const State& state, const json::object& record);

}  // namespace tandem::acm
