// Renders the templates of standard input, which a byte 1 parts, with npm's velocityjs.
const velocity = require('velocityjs');

const templates = require('fs').readFileSync(0, 'utf8').split('\u0001');
const render = (template) => {
  try {
    return '=' + velocity.render(template, {}, {});
  } catch (wrong) {
    return '!' + wrong.message;
  }
};
process.stdout.write(templates.map(render).join('\u0001'));
