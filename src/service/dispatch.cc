#include "service/dispatch.h"

#include <fmt/format.h>
#include <system_error>

#include "aws/aws_chunked.h"
#include "aws/dialect.h"
#include "aws/error_headers.h"
#include "aws/json_codec.h"
#include "aws/payload_stream.h"
#include "aws/presigned.h"
#include "aws/protocol.h"
#include "aws/sigv4.h"
#include "aws/spoken.h"
#include "aws/unserved.h"
#include "aws/validate.h"
#include "core/bytes.h"
#include "core/check.h"
#include "core/gate.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/text.h"
#include "net/body.h"
#include "net/gzip.h"
#include "service/authorise.h"
#include "service/group_sync.h"
#include "service/host_name.h"
#include "service/registry.h"
#include "service/request_ids.h"
#include "service/service_errors.h"
#include "service/unknown_members.h"
#include "store/space.h"

namespace tandem::service {

using aws::ApiError;

namespace {

/// What a compressed body may grow to.
constexpr std::size_t kGunzipLimit = 16 * 1024 * 1024;
/// Bodies up to this size are read where they are handled, in a few milliseconds at most.
constexpr std::size_t kReadAtOnce = 128 * 1024;
/// Larger ones are read by so many at once: what 16 MB of JSON are read into is ten times as much.
constexpr std::size_t kLargeAtOnce = 3;
/// What an in-process caller may get of an answer that has a source.
constexpr std::size_t kWholeAnswer = 64 * 1024 * 1024;

/// One request on its way through. Lives in the coroutine's frame.
struct Exchange {
  net::HttpRequest request;
  std::string method;
  std::string resource;  ///< the path as it came, for S3's errors
  Registered* service = nullptr;
  aws::model::Protocol protocol = aws::model::Protocol::kJson;  ///< that it is asked in
  Row* row = nullptr;
  RequestContext context;
  json::object input;
  std::string body_sha256;  ///< of a large body
};

/// "bucket.s3.us-east-1.amazonaws.com/key" is "/bucket/key".
void put_bucket_into_path(net::HttpRequest& request) {
  const auto host = read_host(request.host());
  if (!aws::dialect_of(host.service).names_in_host || host.label.empty()) return;
  request.target = "/" + core::percent_encode(host.label) + request.target;
}

ApiError store_refusal(const Registered* service, const std::string& reason) {
  if (service == nullptr) return {503, "ServiceUnavailable", reason};
  return store_unavailable(service->model(), reason);
}

ApiError inside_failure(const Registered* service) {
  if (service == nullptr) return {500, "InternalFailure", "Internal failure"};
  return internal_failure(service->model());
}

bool is_compressed(const net::HttpRequest& request) {
  return core::equals_ignoring_case(request.headers.get_or("Content-Encoding"), "gzip");
}

/// Of a compressed body nobody knows how large it is.
bool is_large(const net::HttpRequest& request) {
  return request.body.size() > kReadAtOnce || (!request.body.empty() && is_compressed(request));
}

void decompress(net::HttpRequest& request) {
  if (!is_compressed(request)) return;
  auto plain = net::gunzip(request.body, kGunzipLimit);
  if (!plain) throw ApiError(400, "SerializationException", "Could not decompress the body");
  request.body = std::move(plain).value();
}

net::HttpResponse raw_response(const Exchange& exchange, RawReply reply) {
  net::HttpResponse response = aws::json_response(exchange.service->model(), std::move(reply.body),
                                                  exchange.context.request_id);
  if (!reply.source) return response;
  // It is the checksum of a whole, which nobody has seen yet.
  response.headers.erase("x-amz-crc32");
  response.source = std::move(reply.source);
  return response;
}

}  // namespace

struct Dispatcher::State final : public aws::Api {
  State(Options given_options, core::Clock& given_clock, core::Random& given_random,
        KeyRing& given_keys, store::Store& given_store, core::Workers& given_blocking)
      : options(std::move(given_options)),
        clock(given_clock),
        random(given_random),
        keys(given_keys),
        store(given_store),
        blocking(given_blocking),
        group_sync(given_store, given_blocking) {}

  Registered* find(std::string_view name) {
    for (auto& service : services) {
      if (service->model().name() == name) return service.get();
    }
    return nullptr;
  }

  void identify(Exchange& exchange);
  Authorised authorise_by(const Exchange& exchange, RingIs ring);
  Task<void> unwrap_apart(Exchange* exchange, Authorised authorised);
  void unwrap(Exchange& exchange, Authorised authorised);
  void decode(Exchange& exchange, Call& call);
  void check_input(const Row& row, const json::object& input, std::string_view payload,
                   const aws::UnknownNames& unknown);
  Task<net::HttpResponse> answer(Exchange& exchange);
  Task<Reply> run(Row& row, RequestContext& context, json::object input);
  Task<void> make_durable(std::uint64_t writes_before);
  net::HttpResponse render_error(const Exchange& exchange, const ApiError& error);
  Task<net::HttpResponse> handle(net::HttpRequest request);
  Task<aws::ApiResult> call(aws::ApiCall call) override;
  Task<Streamed> stream(aws::ApiCall call, Content content);
  Registered& prepare(aws::ApiCall& call, RequestContext& context);
  Task<Reply> run_checked(Row& row, RequestContext& context, json::object input);
  Task<aws::ApiResult> run_whole(Registered* service, RequestContext& context, aws::ApiCall call);
  Task<Streamed> run_streamed(Registered* service, RequestContext& context, aws::ApiCall call);
  template <class Result>
  Task<Result> in_words(Registered* service, Task<Result> running);

  Options options;
  core::Clock& clock;
  core::Random& random;
  KeyRing& keys;
  store::Store& store;
  core::Workers& blocking;
  GroupSync group_sync;
  UnknownPolicy unknown_policy{options.unknown_members};
  aws::SigningKeys signing_keys;
  core::Gate large_requests{kLargeAtOnce};
  KeyLookup look_up;
  aws::Validator validator;
  std::vector<std::unique_ptr<Registered>> services;
  std::vector<std::pair<std::string, std::function<json::object()>>> also_covered;
};

/// Sets service and context, so that whatever fails later is said in the service's way.
void Dispatcher::State::identify(Exchange& exchange) {
  const auto destination = destination_of(exchange.request);
  exchange.context.request_id = make_request_id(destination.service, random);
  exchange.service = find(destination.service);
  if (exchange.service != nullptr) {
    exchange.protocol = aws::spoken(exchange.service->model(), exchange.request);
    return;
  }
  if (destination.service.empty()) {
    throw ApiError(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
  }
  throw ApiError(400, "NotImplementedException",
                 fmt::format("The service {} is not served here.", destination.service));
}

Authorised Dispatcher::State::authorise_by(const Exchange& exchange, RingIs ring) {
  return authorise(exchange.request, exchange.service->model(), keys, signing_keys, clock.now_s(),
                   options, ring, exchange.body_sha256);
}

/// A document of megabytes takes longer to be parsed and validated than others may be kept waiting,
/// and so it does to be freed when it is refused. That touches nothing but the exchange and tables
/// that do not change.
Task<void> Dispatcher::State::unwrap_apart(Exchange* exchange, Authorised authorised) {
  co_await core::run_blocking(
      blocking, [this, exchange, &authorised] { unwrap(*exchange, std::move(authorised)); });
}

void Dispatcher::State::unwrap(Exchange& exchange, Authorised authorised) {
  auto& request = exchange.request;
  const aws::Dialect& dialect = aws::dialect_of(exchange.service->model().name());
  if (dialect.aws_chunked) {
    if (request.source) {
      exchange.context.stream =
          std::make_shared<aws::PayloadStream>(request, std::move(authorised.signing));
    } else if (aws::is_aws_chunked(request)) {
      aws::decode_aws_chunked(request, authorised.signing);
    }
    put_bucket_into_path(request);
    aws::restore_hoisted_headers(request);
  } else {
    decompress(request);
  }
  auto call = find_call(*exchange.service, request);
  exchange.row = call.row;
  // Whoever asked for a source was told so by takes_source(), of the same row.
  if (exchange.context.stream && exchange.row->operation->takes != Operation::Payload::kAsItComes) {
    throw std::logic_error("a body as a source for an operation that takes it whole");
  }
  require_signature(authorised, exchange.row->model);
  exchange.context.caller = std::move(authorised.caller);
  if (!exchange.row->operation->raw) decode(exchange, call);
}

void Dispatcher::State::decode(Exchange& exchange, Call& call) {
  auto decoded = aws::decode_request(exchange.row->model, exchange.protocol, exchange.request,
                                     call.labels, call.form);
  check_input(*exchange.row, decoded.input, decoded.payload, decoded.unknown);
  exchange.input = std::move(decoded.input);
  exchange.context.payload = std::move(decoded.payload);
}

/// Validation in AWS's words first, then the refusal of what is not implemented.
void Dispatcher::State::check_input(const Row& row, const json::object& input,
                                    std::string_view payload, const aws::UnknownNames& unknown) {
  const auto shape = row.model.input();
  if (!shape) return;
  const auto violations = validator.check(*shape, input, true);
  if (!aws::dialect_of(row.model.service().name()).own_constraints) {
    if (const auto error = aws::validation_error(row.model, violations)) throw *error;
  }
  if (const auto found = first_unhonoured(row, *shape, input)) {
    if (found->known) throw unsupported_parameter(row.model, found->path);
    UnknownPolicy(UnknownMembers::kRefuse).judge(row.model.name(), {found->path});
  }
  unknown_policy.judge(row.model.name(), unknown);
  const auto raw = shape->payload();
  if (raw && !payload.empty() && !row.accepts(raw->name())) {
    throw unsupported_parameter(row.model, raw->name());
  }
}

Task<void> Dispatcher::State::make_durable(std::uint64_t writes_before) {
  if (options.durability == Durability::kFsync && store.writes() != writes_before) {
    co_await group_sync.wait();
  }
}

Task<Reply> Dispatcher::State::run(Row& row, RequestContext& context, json::object input) {
  auto handling = row.operation->handler(context, std::move(input));
  Reply reply = co_await std::move(handling);
  co_return reply;
}

Task<net::HttpResponse> Dispatcher::State::answer(Exchange& exchange) {
  identify(exchange);
  auto& context = exchange.context;
  context.region = options.region;
  context.account = options.account;
  context.http = &exchange.request;
  context.unknown = &unknown_policy;
  const bool large = is_large(exchange.request);
  if (large) {
    exchange.body_sha256 = co_await core::run_blocking(
        blocking, [&exchange] { return core::hex_encode(core::sha256(exchange.request.body)); });
  }
  auto authorised = authorise_by(exchange, look_up ? RingIs::kToBeAsked : RingIs::kComplete);
  if (!authorised.ask_about.empty()) {
    Task<void> asking = look_up(authorised.ask_about);
    co_await std::move(asking);
    authorised = authorise_by(exchange, RingIs::kComplete);
  }
  // Entered when nobody else is waited for any more, and held by what is read where it is executed.
  core::Gate::Place place;
  if (large) {
    place = co_await large_requests.enter();
    Task<void> unwrapping = unwrap_apart(&exchange, std::move(authorised));
    co_await std::move(unwrapping);
  } else {
    unwrap(exchange, std::move(authorised));
  }
  const auto writes = store.writes();
  if (exchange.row->operation->raw) {
    RawAnswer raw = exchange.row->operation->raw(context, exchange.request.body);
    if (raw.pending) raw.reply = co_await std::move(*raw.pending);
    if (options.durability == Durability::kFsync) co_await make_durable(writes);
    co_return raw_response(exchange, std::move(raw.reply));
  }
  place = {};
  Reply reply = co_await run(*exchange.row, context, std::move(exchange.input));
  co_await make_durable(writes);
  aws::Outgoing outgoing{std::move(reply.output), std::move(reply.payload), reply.status,
                         std::move(reply.headers)};
  net::HttpResponse response = aws::encode_response(exchange.row->model, exchange.protocol,
                                                    std::move(outgoing), context.request_id);
  response.source = std::move(reply.source);
  co_return response;
}

net::HttpResponse Dispatcher::State::render_error(const Exchange& exchange, const ApiError& error) {
  if (exchange.service == nullptr) {
    const auto asked = destination_of(exchange.request).service;
    return aws::encode_unserved_error(exchange.request, asked, exchange.context.request_id, error);
  }
  aws::ErrorPlace place;
  place.request_id = exchange.context.request_id;
  place.method = exchange.method;
  place.resource = exchange.resource;
  place.service = exchange.service->model();
  place.protocol = exchange.protocol;
  net::HttpResponse response =
      aws::encode_error(place, in_service_words(exchange.service->model(), error));
  if (const auto* more = dynamic_cast<const aws::ErrorWithHeaders*>(&error)) {
    for (const auto& [name, value] : more->headers()) response.headers.set(name, value);
  }
  return response;
}

Task<net::HttpResponse> Dispatcher::State::handle(net::HttpRequest request) {
  const auto started = clock.steady_ns();
  Exchange exchange;
  exchange.method = request.method;
  exchange.resource = request.path();
  exchange.request = std::move(request);
  net::HttpResponse response;
  try {
    response = co_await answer(exchange);
  } catch (const ApiError& error) {
    response = render_error(exchange, error);
  } catch (const boost::system::system_error& error) {
    // A cancelled request has no reader: let the server end it.
    if (error.code() == asio::error::operation_aborted) throw;
    log::error("{}: {}", exchange.resource, error.what());
    response = render_error(exchange, ApiError(500, "InternalFailure", "Internal failure"));
  } catch (const net::BodyError&) {
    // The listener, which knows how the body ended, answers in its own words.
    response = render_error(
        exchange, ApiError(400, "IncompleteBody", "The request body terminated unexpectedly"));
  } catch (const store::StoreError& error) {
    // The node says once that its store refuses; a line a request would drown everything else.
    response = render_error(exchange, store_refusal(exchange.service, error.message));
  } catch (const std::system_error& error) {
    // A file beside the store.
    const bool full = store::no_room(error.code());
    if (!full) log::error("{}: {}", exchange.resource, error.what());
    response = render_error(exchange, full ? store_refusal(exchange.service, error.what())
                                           : inside_failure(exchange.service));
  } catch (const std::exception& error) {
    log::error("{}: {}", exchange.resource, error.what());
    response = render_error(exchange, inside_failure(exchange.service));
  }
  if (exchange.row != nullptr) {
    exchange.row->stats.record(response.status, clock.steady_ns() - started);
  }
  co_return response;
}

namespace {

/// Clients fill idempotency tokens in; an in-process caller may leave that to us.
void fill_tokens(const Row& row, json::object& input, core::Random& random) {
  const auto shape = row.model.input();
  if (!shape) return;
  for (const auto member : shape->members()) {
    if (member.idempotency_token() && row.accepts(member.name()) &&
        !input.contains(member.name())) {
      input[member.name()] = core::uuid4(random);
    }
  }
}

/// A raw row speaks bytes; the caller speaks documents.
Task<aws::ApiResult> run_raw(const Row* row, RequestContext* context, json::object input) {
  const auto shape = row->model.input();
  const auto body = json::to_text(shape ? aws::encode_json(*shape, input) : json::object());
  RawAnswer raw = row->operation->raw(*context, body);
  if (raw.pending) raw.reply = co_await std::move(*raw.pending);
  std::string text = std::move(raw.reply.body);
  if (raw.reply.source) text = co_await net::collect(raw.reply.source, kWholeAnswer);
  aws::ApiResult result;
  const auto output = row->model.output();
  if (output) result.output = aws::decode_json(*output, aws::parse_json_body(text));
  co_return result;
}

}  // namespace

/// The service, and what its operation is told of an in-process caller.
Registered& Dispatcher::State::prepare(aws::ApiCall& call, RequestContext& context) {
  auto* service = find(call.service);
  if (service == nullptr || (call.region != options.region && !call.region.empty())) {
    throw ApiError(
        503, "ServiceUnavailable",
        fmt::format("{} of {} is not served in this process", call.service, call.region));
  }
  context.region = options.region;
  context.account = options.account;
  context.request_id = make_request_id(call.service, random);
  context.caller.arn = call.caller.empty() ? fmt::format("arn:aws:iam::{}:root", options.account)
                                           : std::move(call.caller);
  context.caller.verified = true;
  context.caller.source_arn = std::move(call.source_arn);
  context.payload = std::move(call.payload);
  return *service;
}

Task<Reply> Dispatcher::State::run_checked(Row& row, RequestContext& context, json::object input) {
  check_input(row, input, context.payload, {});
  return run(row, context, std::move(input));
}

Task<aws::ApiResult> Dispatcher::State::run_whole(Registered* service, RequestContext& context,
                                                  aws::ApiCall call) {
  Row& row = service->row(call.operation);
  fill_tokens(row, call.input, random);
  if (row.operation->raw) {
    auto running = run_raw(&row, &context, std::move(call.input));
    aws::ApiResult result = co_await std::move(running);
    co_return result;
  }
  Reply reply = co_await run_checked(row, context, std::move(call.input));
  aws::ApiResult result{std::move(reply.output), std::move(reply.payload)};
  if (reply.source && reply.source->length().value_or(0) > kWholeAnswer) {
    throw ApiError(400, "EntityTooLarge",
                   fmt::format("{} bytes are more than is read at once", kWholeAnswer));
  }
  if (reply.source) result.payload = co_await net::collect(reply.source, kWholeAnswer);
  co_return result;
}

Task<Streamed> Dispatcher::State::run_streamed(Registered* service, RequestContext& context,
                                               aws::ApiCall call) {
  Row& row = service->row(call.operation);
  CHECK(!context.stream || row.operation->takes == Operation::Payload::kAsItComes);
  const auto writes = store.writes();
  Reply reply = co_await run_checked(row, context, std::move(call.input));
  co_await make_durable(writes);
  Streamed streamed;
  streamed.result = {std::move(reply.output), std::move(reply.payload)};
  streamed.source = std::move(reply.source);
  co_return streamed;
}

/// What an in-process caller gets of a failure is what a client would.
template <class Result>
Task<Result> Dispatcher::State::in_words(Registered* service, Task<Result> running) {
  std::optional<ApiError> failed;
  try {
    Result result = co_await std::move(running);
    co_return result;
  } catch (const ApiError& error) {
    failed = in_service_words(service->model(), error);
  } catch (const store::StoreError& error) {
    failed = store_refusal(service, error.message);
  } catch (const net::BodyError&) {
    // Not the caller's body: what is stored could not be read, and the log says so.
    failed = internal_failure(service->model());
  }
  throw *failed;
}

Task<aws::ApiResult> Dispatcher::State::call(aws::ApiCall call) {
  RequestContext context;
  Registered& service = prepare(call, context);
  Task<aws::ApiResult> running = run_whole(&service, context, std::move(call));
  aws::ApiResult result = co_await in_words(&service, std::move(running));
  co_return result;
}

Task<Streamed> Dispatcher::State::stream(aws::ApiCall call, Content content) {
  RequestContext context;
  Registered& service = prepare(call, context);
  if (content.source) {
    net::HttpRequest head;
    head.source = std::move(content.source);
    context.stream = std::make_shared<aws::PayloadStream>(head, std::nullopt);
  }
  Task<Streamed> running = run_streamed(&service, context, std::move(call));
  Streamed streamed = co_await in_words(&service, std::move(running));
  co_return streamed;
}

Dispatcher::Dispatcher(Options options, core::Clock& clock, core::Random& random, KeyRing& keys,
                       store::Store& store, core::Workers& blocking)
    : state_(std::make_unique<State>(std::move(options), clock, random, keys, store, blocking)) {}
Dispatcher::~Dispatcher() = default;

void Dispatcher::add(Service& service) {
  state_->services.push_back(std::make_unique<Registered>(service));
}

void Dispatcher::set_key_lookup(KeyLookup look_up) { state_->look_up = std::move(look_up); }

bool Dispatcher::takes_source(const net::HttpRequest& head) const {
  // Of the others' services every body is a document, or small.
  const std::string name = destination_of(head).service;
  if (aws::dialect_of(name).source_body_mib == 0) return false;
  Registered* service = state_->find(name);
  if (service == nullptr) return false;
  if (!aws::says_payload_hash(head)) return false;
  net::HttpRequest asked = head;
  put_bucket_into_path(asked);
  aws::restore_hoisted_headers(asked);
  try {
    return find_call(*service, asked).row->operation->takes == Operation::Payload::kAsItComes;
  } catch (const ApiError&) {
    return false;  // The same is thrown again when the request is handled, to be answered then.
  }
}

Task<net::HttpResponse> Dispatcher::handle(net::HttpRequest request) {
  return state_->handle(std::move(request));
}

aws::Api& Dispatcher::api() { return *state_; }

Task<Streamed> Dispatcher::stream(aws::ApiCall call, Content content) {
  return state_->stream(std::move(call), std::move(content));
}

bool Dispatcher::serves(std::string_view service) const { return state_->find(service) != nullptr; }

Task<void> Dispatcher::reset() {
  for (auto at = state_->services.rbegin(); at != state_->services.rend(); ++at) {
    co_await (*at)->service().reset();
  }
}

void Dispatcher::also_cover(std::string heading, std::function<json::object()> listed) {
  state_->also_covered.emplace_back(std::move(heading), std::move(listed));
}

json::object Dispatcher::coverage() const {
  json::object services;
  for (const auto& service : state_->services) {
    services[service->model().name()] = coverage_of(*service);
    add_absent_services(service->model(), services);
  }
  json::object manifest = {{"services", std::move(services)}};
  for (const auto& [heading, listed] : state_->also_covered) manifest[heading] = listed();
  return manifest;
}

void Dispatcher::describe_metrics(core::MetricSet& metrics) const {
  for (const auto& service : state_->services) {
    for (const auto& row : service->rows()) {
      if (row->stats.requests == 0) continue;
      describe_calls(service->model().name(), row->model.name(), row->stats, metrics);
    }
  }
}

}  // namespace tandem::service
