// An AWS account with nothing in it, to rehearse a first deployment against: every call is kept and
// held against the API models, and answered as AWS would, with placeholders (`<ApiId of todo-app in
// us-east-1>`) for what only AWS can say. Needs no network and no credentials.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "aws/api.h"
#include "aws/error.h"
#include "aws/model.h"
#include "aws/validate.h"

namespace tandem::topology {

/// Of a document that is no valid input (or output) of an operation: "StackNam: unknown member". A
/// body that the models do not bound but the service does is a finding, too.
std::vector<std::string> findings_in(const aws::model::Operation& operation,
                                     const aws::ApiCall& call);

struct RecordedCall {
  aws::ApiCall call;   ///< without its payload
  std::string method;  ///< of the HTTP request
  std::string url;     ///< of AWS's endpoint
  std::uint64_t payload_bytes = 0;
};

class Rehearsal : public aws::Api {
 public:
  explicit Rehearsal(std::string account) : account_(std::move(account)) {}

  /// Throws ApiError what AWS would, and UnknownOperationException for what is not rehearsed.
  Task<aws::ApiResult> call(aws::ApiCall call) override;

  const std::vector<RecordedCall>& calls() const { return calls_; }
  /// What no API model would take, of calls and of answers; none when all is well.
  const std::vector<std::string>& findings() const { return findings_; }

 protected:
  struct Stack {
    std::string body;
    json::array parameters;
    std::string token;
    std::string status;
  };
  using Place = std::pair<std::string, std::string>;  ///< region and stack

  /// What AWS answers. For tests to add to.
  virtual json::object answer(const aws::ApiCall& call);
  /// Nothing for the resource's physical id: it is new.
  virtual std::string physical_id(const Place& place, const std::string& logical_id) const;

  std::map<Place, Stack> stacks_;
  std::set<std::string> objects_;  ///< "bucket/key"

 private:
  json::object cloudformation(const aws::ApiCall& call);
  json::object s3(const aws::ApiCall& call);
  Stack& need_stack(const Place& place);
  json::object hosted_zone(const std::string& id) const;
  json::object describe(const Place& place) const;
  json::array resources(const Place& place) const;
  void check(std::string_view what, const std::vector<std::string>& found);

  std::string account_;
  std::vector<RecordedCall> calls_;
  std::vector<std::string> findings_;
};

/// One call for people: where it goes, and its parameters.
std::string text_of(const RecordedCall& call);
json::object to_json(const RecordedCall& call);

}  // namespace tandem::topology
