// $input, $util, $context and the overrides: the developer guide's examples, and what was measured.
#include <gtest/gtest.h>

#include "services/apigateway/mapping/limits.h"
#include "services/apigateway/mapping/testing.h"

namespace tandem::apigateway::mapping {
namespace {

constexpr const char* kBody =
    R"({"name":"Bell","n":5,"f":1.50,"null":null,"empty":[],"list":[{"id":1},{"id":2}]})";

// [measured: Mapping templates] an empty body reads as {}, and $input.body has no members.
TEST(InputVariable, HasTheBody) {
  EXPECT_EQ(render("$input.body|$input.body.name", kBody), std::string(kBody) + "|");
  EXPECT_EQ(render("$input.body $input.json('$') [$input.path('$.a')]", ""), "{} {} []");
}

TEST(InputVariable, FindsPaths) {
  EXPECT_EQ(render("$input.path('$.name') $input.path('name') $input.path('$.list[1].id')", kBody),
            "Bell Bell 2");
  EXPECT_EQ(render("$input.path('$').list.size() $input.path('$.list')[0].id", kBody), "2 1");
  EXPECT_EQ(
      render("#foreach($e in $input.path('$.list'))$e.id#if($foreach.hasNext),#end#end", kBody),
      "1,2");
  // [measured: Mapping templates] missing, JSON null and no JSON at all are undefined; [] is
  // neither null nor "".
  EXPECT_EQ(
      render("#if($input.path('$.x') == '')a#end#if($input.path('$.null') == $null)b#end"
             "#if($input.path('$.empty') == '')c#end#if($input.path('$.empty') == $null)d#end",
             kBody),
      "ab");
  EXPECT_EQ(render("[$input.path('$.x')]$input.json('$.x')", "no JSON"), "[]\"\"");
  EXPECT_EQ(render("[$input.path('$')]$input.json('$')", "{no JSON"), "[]\"\"");
  // A form, as the default template of the Serverless Framework 3 reads it.
  EXPECT_EQ(
      render("#foreach($t in $input.path('$').split('&'))[$t]#end $input.json('$')", "a=2&b=c%20d"),
      "[a=2][b=c%20d] \"a=2&b=c%20d\"");
}

TEST(InputVariable, WritesJson) {
  EXPECT_EQ(
      render("$input.json('$.name') $input.json('$.n') $input.json('$.list') $input.json('$.x')",
             kBody),
      R"("Bell" 5 [{"id":1},{"id":2}] "")");
  EXPECT_EQ(render("$input.json('$')", R"({ "a" : "x\n\"/ü" })"), R"({"a":"x\n\"/ü"})");
}

// 8 MB of small members is more than is taken apart, and no more than is passed on.
TEST(InputVariable, PassesLargeBodiesOn) {
  std::string body = "[0";
  while (body.size() < 8'000'000)
    body += R"(,{"id":1234,"name":"Buy milk and honey","done":false})";
  body += "]";
  EXPECT_TRUE(render("$input.json('$')", body) == body);
}

// qiita.com/makisyu/items/649f2c1945bde57c129f: what $input.path() gave is the document itself.
TEST(InputVariable, SeesWhatATemplateChanges) {
  EXPECT_EQ(
      render(
          "#set($body = $input.path('$'))#set($body.url = \"https://x/$body.id\")$input.json('$')",
          R"({"id":"7"})"),
      R"({"id":"7","url":"https://x/7"})");
}

TEST(InputVariable, HasParameters) {
  // [measured: Mapping templates] path before query before header; names are case-sensitive;
  // one that there is not is empty.
  EXPECT_EQ(render("$input.params('id') $input.params('both') $input.params('second') "
                   "$input.params('X-Name') [$input.params('x-name')][$input.params('none')]"),
            "7 of the path query of the header [][]");
  EXPECT_EQ(
      render(
          "$input.params().path.id $input.params().querystring.q $input.params().header['X-Name']"),
      "7 a b of the header");
  EXPECT_EQ(render("$input.params().path"), "{id=7, both=of the path}");
}

// The developer guide's "pass all request parameters" example, which frameworks generate.
TEST(InputVariable, PassesAllParametersOn) {
  Request request;
  request.path = {{"id", "7"}};
  request.querystring = {{"q", "it's"}};
  request.header = {};
  const auto made = request.render(
      "#set($allParams = $input.params())\n{\n\"params\" : {\n"
      "  #foreach($type in $allParams.keySet())\n"
      "  #set($params = $allParams.get($type))\n"
      "  \"$type\" : {\n"
      "    #foreach($paramName in $params.keySet())\n"
      "    \"$paramName\" : \"$util.escapeJavaScript($params.get($paramName))\"\n"
      "    #if($foreach.hasNext),#end\n"
      "    #end\n"
      "  }\n"
      "  #if($foreach.hasNext),#end\n"
      "  #end\n"
      "}\n}");
  ASSERT_TRUE(made.ok());
  std::string packed;
  for (const char each : made.value().text) {
    if (each != ' ' && each != '\n') packed += each;
  }
  EXPECT_EQ(packed, R"({"params":{"path":{"id":"7"},"querystring":{"q":"it\'s"},"header":{}}})");
}

// The Serverless Framework's default request template, with its #define in the role of a function.
TEST(InputVariable, ServesAFrameworksTemplate) {
  Request request;
  request.body = R"({"a":[1,2]})";
  request.querystring = {{"q", "it's \"so\""}, {"r", "a/b"}};
  const auto made = request.render(kFrameworkTemplate);
  ASSERT_TRUE(made.ok()) << made.error().message;
  const auto event = json::parse_text(made.value().text);
  ASSERT_TRUE(event.ok()) << made.value().text;
  EXPECT_EQ(event.value(), json::parse(R"({"body": {"a": [1, 2]}, "method": "", "principalId": "me",
      "stage": "dev", "none": {}, "headers": {"X-Name": "of the header", "second": "header"},
      "query": {"q": "it's \"so\"", "r": "a/b"}, "path": {"id": "7", "both": "of the path"},
      "identity": {"sourceIp": "192.0.2.1", "user": ""}, "stageVariables": {"name": "value"}})"));
}

TEST(InputVariable, HidesSomeHeaders) {
  EXPECT_FALSE(is_visible_header("transfer-encoding"));
  EXPECT_FALSE(is_visible_header("WWW-Authenticate"));
  EXPECT_TRUE(is_visible_header("Host"));
  EXPECT_TRUE(is_visible_header("Authorization"));
}

TEST(UtilVariable, EscapesForJavaScript) {
  EXPECT_EQ(render("$util.escapeJavaScript($input.body)", "a\"b\\c'd/e\n\tü\x01"),
            R"(a\"b\\c\'d\/e\n\t\u00FC\u0001)");
  EXPECT_EQ(render("[$util.escapeJavaScript($missing)]"), "[]");
  // The developer guide's repair of what is no JSON.
  EXPECT_EQ(render(R"($util.escapeJavaScript($input.body).replaceAll("\\'","'"))", "it's"), "it's");
}

TEST(UtilVariable, ParsesJson) {
  EXPECT_EQ(render(R"(#set($o = $util.parseJson($input.body))$o.errors[0].message)",
                   R"({"errors":[{"message":"no"}]})"),
            "no");
  EXPECT_NE(failure("$util.parseJson('{')"), "");
}

// [measured: Mapping templates] a form's style; undefined is empty.
TEST(UtilVariable, EncodesAndDecodes) {
  EXPECT_EQ(render("$util.urlEncode('a b&c=ü*') [$util.urlEncode($missing)]"),
            "a+b%26c%3D%C3%BC* []");
  EXPECT_EQ(render("$util.urlDecode('a+b%26')"), "a b&");
  EXPECT_EQ(render("$util.base64Encode('hello') $util.base64Decode('aGVsbG8=')"), "aGVsbG8= hello");
  EXPECT_EQ(render("$util.base64Decode('aGVs bG8')"), "hello");
  EXPECT_EQ(render("[$util.toJson('x')][$util.nosuch()]"), "[][]");
}

TEST(ContextVariable, HasWhatIsGiven) {
  EXPECT_EQ(render("$context.stage $context.identity.sourceIp [$context.identity.user]"),
            "dev 192.0.2.1 []");
  // [measured: Mapping templates] these print empty.
  EXPECT_EQ(render("[$context.identity][$context.get('identity')][$context.requestOverride]"
                   "[$context.responseOverride]"),
            "[][][][]");
  EXPECT_EQ(render("$context.authorizer.claims.sub [$context.authorizer.claims]"), "42 []");
  EXPECT_EQ(render("#foreach($k in $context.nosuch.keySet())x#end|$stageVariables.name"
                   "$stageVariables['name']$stageVariables.get('name')"),
            "|valuevaluevalue");
}

// [measured: Mapping templates] by property, [$name], ["n"] and put(); invented keys stay; both
// survive into the response.
TEST(ContextVariable, TakesOverrides) {
  Request request;
  request.request_override = {{"header", {{"kept", "yes"}}}, {"invented", "1"}};
  const auto made = request.render(
      "#set($context.requestOverride.header.a = 'x')#set($n = 'b')"
      "#set($context.requestOverride.header[$n] = ['y', 'z'])"
      "#set($context.requestOverride.path['p'] = '1')"
      "$!context.requestOverride.querystring.put('q', 'v')"
      "#set($context.responseOverride.status = 444)#set($context.responseOverride.header.H = 'h')"
      "$context.requestOverride.header.kept");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made.value().text, "yes");
  EXPECT_EQ(json::value(made.value().request_override),
            json::parse(R"({"header":{"kept":"yes","a":"x","b":["y","z"]},"invented":"1",
                            "path":{"p":"1"},"querystring":{"q":"v"}})"));
  EXPECT_EQ(json::value(made.value().response_override),
            json::parse(R"({"header":{"H":"h"},"status":444})"));
}

TEST(Methods, AreJavasOfTexts) {
  EXPECT_EQ(
      render("#set($s = 'text')$s.substring(1,3) $s.substring(2) $s.toUpperCase() $s.indexOf('x') "
             "$s.contains('ex') $s.replace('t','q') $s.replaceAll('[aeiou]','*') $s.trim() "
             "$s.charAt(0) $s.startsWith('te') $s.matches('t.*') $s.hashCode()"),
      "ex xt TEXT 2 true qexq t*xt text t true true 3556653");
  EXPECT_EQ(render("#set($s = 'a,b,,c,,')$s.split(',').size() $s.split(',', -1).size()"
                   "#foreach($p in $s.split(','))[$p]#end"),
            "4 6[a][b][][c]");
  EXPECT_EQ(render("#set($s = 'aüb€𝄞')$s.length() $s.substring(1, 2) $s.indexOf('b')"), "6 ü 2");
  EXPECT_EQ(failure("#set($s = 'text')$s.substring(9)"),
            "java.lang.StringIndexOutOfBoundsException: index 4, length 4");
  // One that there is not leads nowhere; one that is not served says so.
  EXPECT_EQ(render("#set($s = 'text')[$s.nosuch()][$s.substring('1')]"), "[][]");
  EXPECT_EQ(failure("#set($s = 'text')$s.getBytes()"), "the method getBytes() is not supported");
}

TEST(Methods, AreJavasOfNumbersListsAndMaps) {
  EXPECT_EQ(
      render("#set($I = 0)$I.parseInt('12') $I.valueOf('7')|#set($D = 0.0)$D.parseDouble('1.50')"),
      "12 7|1.5");
  EXPECT_NE(failure("#set($I = 0)$I.parseInt('x')"), "");
  EXPECT_EQ(render("#set($m = {'a': 1})#foreach($e in $m.entrySet())$e.key=$e.value#end "
                   "$m.keySet() $m.values() $m.containsKey('a') $m.size() $m.isEmpty()"),
            "a=1 [a] [1] true 1 false");
  EXPECT_EQ(render("#set($l = [1,2,3])$l.contains(2) $l.indexOf(3) $l.subList(1,3) $l.isEmpty()"),
            "true 2 [2, 3] false");
  EXPECT_EQ(render("$input.path('$').class.simpleName $input.path('$.list').class.name", kBody),
            "LinkedHashMap net.minidev.json.JSONArray");
}

// RE2 does what it can of Java's patterns; the rest is refused by name.
TEST(Methods, UseJavasPatterns) {
  EXPECT_EQ(render("#set($s = 'a.b.c')$s.replaceAll('\\.', '-') "
                   "$s.replaceAll('(\\w)\\.(\\w)', '$2$1')"),
            "a-b-c ba.c");
  EXPECT_EQ(render("#set($s = 'x1y22')$s.replaceAll('\\p{Digit}+', '#') "
                   "$s.replaceFirst('\\d', '\\$')"),
            "x#y# x$y22");
  EXPECT_EQ(
      render("#set($s = 'a\nb')$s.matches('a.b') $s.matches('(?s)a.b') $s.matches('(.|\\n)*')"),
      "false true true");
  EXPECT_NE(failure("#set($s = 'a')$s.matches('(?=a)a')").find("look-around"), std::string::npos);
  EXPECT_NE(failure("#set($s = 'a')$s.matches('(a)\\1')").find("back references"),
            std::string::npos);
  EXPECT_NE(failure("#set($s = 'a')$s.matches('a++')").find("possessive"), std::string::npos);
  // Alternatives that look far ahead, again and again, in a long text.
  EXPECT_NE(failure("$input.body.replaceAll('a.*b|a', 'x')", std::string(1 << 18, 'a')), "");
}

}  // namespace
}  // namespace tandem::apigateway::mapping
