import { describe } from '@jest/globals';
import { tellStories } from './stories.js';

describe('PostgreSQL', () => tellStories(() => ({})));
