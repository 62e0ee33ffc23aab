// What differs between services that speak one protocol: words, forms and habits.
//
// A service says it itself, as data, in services/<service>/dialect.json, which the build compiles
// in (tools/gen_models.py). Nothing below services/ names a service: a new one brings its dialect
// along. What a dialect leaves out is as most of AWS has it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "aws/error.h"

namespace tandem::aws {

/// What an error says. Empty code: the service has no words of its own for it.
struct ErrorWords {
  int status = 0;
  std::string_view code;
  std::string_view message;
  explicit operator bool() const { return !code.empty(); }
};

/// A service of AWS's that lives behind another's names and that Tandem does not serve: DynamoDB's
/// streams.
struct AbsentService {
  std::string_view service;
  std::string_view target_prefix;
  std::span<const std::string_view> operations;
};

struct Dialect {
  using Words = std::span<const std::string_view>;
  /// From, to.
  using Pairs = std::span<const std::pair<std::string_view, std::string_view>>;

  std::string_view service;  ///< botocore's name; empty: of no service

  // Where it is asked.
  bool global = false;         ///< it lives in the global process, whatever region a call names
  bool regional_host = false;  ///< its names have a region although the model has one for all
  /// "s3-": the first label of its older names, "s3-us-west-2.amazonaws.com".
  std::string_view older_prefix;
  /// "ddb": of names that begin with the account, "111122223333.ddb.us-east-1.amazonaws.com".
  std::string_view account_prefix;

  // How it reads a request.
  /// Before the operation in X-Amz-Target and in the path: of a service that speaks JSON 1.0 and
  /// rpc-v2-cbor beside its model's protocol.
  std::string_view also_speaks;
  std::span<const AbsentService> absent_services;
  bool names_in_host = false;     ///< what stands before its host name belongs into the path
  bool aws_chunked = false;       ///< bodies may be aws-chunked, and are not unzipped
  bool older_signatures = false;  ///< takes Signature Version 2 in the query string
  /// Signature Version 4 as of objects: the path is encoded once, the body stands for the hash that
  /// its sender claims, and links have an expiry of their own.
  bool object_signing = false;
  bool signs_all_headers = false;  ///< also a header that is bound anyway has to be signed
  bool keeps_slashes = false;      ///< an empty segment of a path means something
  bool own_constraints = false;    ///< its operations check what they take, in words of their own
  /// A member of the body that breaks a constraint is named within its operation's input:
  /// 'putIntegrationInput.type'.
  bool inputs_in_paths = false;
  bool schema = false;             ///< reads XML with a schema, whose validator has its own words
  std::string_view xml_namespace;  ///< instead of the model's
  /// Of a body that is held: more than the largest request that the service's quotas allow, however
  /// it is escaped. 0: 17, for DynamoDB's 16 MB and its frame.
  int whole_body_mib = 0;
  int source_body_mib = 0;     ///< of one that an operation takes as it comes
  Words younger_subresources;  ///< query keys of operations that the model does not have
  bool free_query = false;     ///< reads may carry query fields of their own, with a value

  // How it answers.
  int request_id_length = 0;   ///< characters of base 32; 0: a UUID
  bool whole_seconds = false;  ///< XML timestamps have no fraction
  bool checksummed = false;    ///< every answer carries its CRC-32
  /// application/xml with its encoding declared; errors without a frame; request ids as
  /// x-amz-request-id and x-amz-id-2.
  bool plain_xml = false;
  Pairs roots;  ///< by operation: an XML root older than the output shape's name

  // How it refuses.
  std::string_view bad_parameter;  ///< code: a parameter it does not like
  std::string_view constraint;     ///< code: of the model's constraints
  std::string_view binding;        ///< code: a value in the URI or a header that is of another type
  std::string_view error_namespace;  ///< before its own codes in __type
  std::string_view message_member;   ///< where the model says nothing of an error
  Words capital_message;             ///< codes whose message is "Message" all the same
  bool says_whose_fault = false;     ///< "Type": "User" or "Service"
  int refusal_status = 0;            ///< of what is not implemented; 0: 400
  ErrorWords malformed, unknown_operation, missing_authentication, invalid_token, dead_key;
  ErrorWords expired_token, skewed, wrong_signature, malformed_signature, internal, unavailable;
  ErrorWords too_large, busy, slow;
};

/// The dialect of the service of this name; that of none when there is no such service.
const Dialect& dialect_of(std::string_view service);
/// words must be some. message: instead of theirs.
ApiError to_error(const ErrorWords& words);
ApiError to_error(const ErrorWords& words, std::string message);
/// All of them, by name.
std::span<const Dialect> dialects();

}  // namespace tandem::aws
